/* The SAs of a benchmark: SA i in slot i, put back between laps to how they were installed. */
#pragma once

#include "crypto/batch.h"
#include "dataplane/bench.h"
#include "dataplane/sa_table.h"

/*
 * Installs o->sas SAs into an empty table with that many slots. Returns 0 or -errno. `told` is
 * called now and then with how many are installed. Main thread.
 */
int bench_sas_install(struct sa_table *t, struct batch *batch, const struct bench_options *o,
		      void (*told)(uint32_t done, uint32_t of));

/*
 * The owner's share of the SAs, and of those only what the frames of this benchmark change and
 * read: COUNTs, window, epoch and m. Keys of later epochs may stay, as a RESUME replaces them.
 */
void bench_sas_set_back(struct sa_table *t, const struct bench_options *o, unsigned owner);
