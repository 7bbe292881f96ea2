/* The subcommands of iwf-dp; each returns the process's exit code. */
#pragma once

enum { EXIT_USAGE = 2 }; /* also for a configuration or key file that is refused */

/* argv[0] is the subcommand's name. */
int preflight_cmd(int argc, char **argv);
int run_cmd(int argc, char **argv);
int replay_cmd(int argc, char **argv);
int check_cmd(int argc, char **argv);
int bench_cmd(int argc, char **argv);
