/* The subcommands: each takes its own name as argv[0] and returns the exit code. */
#pragma once

int protect_cmd(int argc, char **argv);
int open_cmd(int argc, char **argv);
int make_cmd(int argc, char **argv);
int show_cmd(int argc, char **argv);
