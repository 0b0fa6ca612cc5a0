/* gvm_main.c -- the program gvm; its commands are in ref/cli/. */
#include "ref/cli/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
