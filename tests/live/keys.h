/* SAs for a play, over all algorithms. */
#pragma once

#include "config/sas.h"
#include "pcap/rng.h"

/* The SA of device i: from `r` its key id, root key and salt. */
void keys_row(struct sa_row *row, struct rng *r, uint32_t i);

/* keys N [GROUP...]: writes a key file to stdout. Returns the exit status. */
int keys_cmd(int argc, char **argv);
