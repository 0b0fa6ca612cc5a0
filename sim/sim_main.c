/* sim_main.c -- the program gvm-sim. */
#include "sim/sim_cli.h"

int main(int argc, char **argv)
{
    return sim_cli(argc, argv);
}
