/* sim_cli.h -- the whole program gvm-sim, so that tests can run it too. */
#ifndef SIM_SIM_CLI_H
#define SIM_SIM_CLI_H

/* Finds the command and runs it: results to standard output, words to standard error.
 * Installs handlers for SIGINT and SIGTERM while an experiment runs; ignores SIGPIPE.
 *   returns   the exit code of gvm-sim(1) */
int sim_cli(int argc, char **argv);

#endif
