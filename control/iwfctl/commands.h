/* The commands: each takes its name as argv[0], and leaves in c->status how the process ends. */
#pragma once

#include "control/iwfctl/ctl.h"

extern const char hello_help[], list_help[], add_help[], remove_help[], retire_help[], load_help[],
	stats_help[], events_help[], bench_help[];

void hello_cmd(struct ctl *c, int argc, char **argv);
void list_cmd(struct ctl *c, int argc, char **argv);
void add_cmd(struct ctl *c, int argc, char **argv);
void remove_cmd(struct ctl *c, int argc, char **argv);
void retire_cmd(struct ctl *c, int argc, char **argv);
void load_cmd(struct ctl *c, int argc, char **argv);
void stats_cmd(struct ctl *c, int argc, char **argv);
void events_cmd(struct ctl *c, int argc, char **argv);
void bench_cmd(struct ctl *c, int argc, char **argv);
