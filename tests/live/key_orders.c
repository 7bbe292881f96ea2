#include "tests/live/key_orders.h"

#include "control/keys/client.h"
#include "crypto/secret.h"
#include "dataplane/clock.h"
#include "tests/live/keys.h"

#include <stdlib.h>
#include <time.h>

enum { TIMEOUT_MS = 10000, BATCH_ROWS = 256 };

/* The gateway may have died since the last order: each one connects anew. */
static struct key_client *connect_keys(const struct orders *o)
{
	struct key_client *c = key_client_create(TIMEOUT_MS);
	struct key_hello hello;

	if (c && o->key_socket && key_client_connect(c, o->key_socket, &hello) == 0)
		return c;
	printf("no key socket: %s\n", c && o->key_socket ? key_client_error(c) : "none is named");
	key_client_destroy(c);
	return NULL;
}

/* A new SA as control makes it: the gateway draws key id and salt (sdt.md 3). */
static void draw_row(struct orders *o, struct sa_row *row)
{
	keys_row(row, &o->play->rng, o->drawn);
	row->key_id = 0;
	secret_wipe(row->salt, sizeof(row->salt));
	snprintf(row->reference, sizeof(row->reference), "live:%u", o->drawn++);
}

static void take_outcome(struct orders *o, struct sa_row *row, const struct key_outcome *out)
{
	row->key_id = out->key_id;
	memcpy(row->salt, out->salt, sizeof(row->salt));
	if (o->play->players < o->devices)
		play_add(o->play, row);
}

/* Installs n rows, in as many messages as it takes. Returns how many were taken. */
static uint64_t install(struct orders *o, struct key_client *c, struct sa_row *row, size_t n)
{
	struct key_outcome out[BATCH_ROWS];
	uint64_t taken = 0;
	int done;

	for (size_t i = 0; i < n; i += (size_t)done) {
		done = key_client_install(c, row + i, n - i, out);
		if (done < 0) {
			fprintf(stderr, "live-peer: %s\n", key_client_error(c));
			break;
		}
		for (int k = 0; k < done; k++) {
			if (out[k].result != KEY_INSTALLED) {
				fprintf(stderr, "live-peer: %s: %s\n", row[i + (size_t)k].reference,
					key_result_meaning(out[k].result));
				continue;
			}
			take_outcome(o, &row[i + (size_t)k], &out[k]);
			taken++;
		}
	}
	return taken;
}

void obey_install(struct orders *o, const struct arguments *a)
{
	struct key_client *c = connect_keys(o);
	struct sa_row row[BATCH_ROWS];
	uint64_t taken = 0;

	if (!c)
		return;
	for (uint64_t i = 0; i < a->v[0]; i += BATCH_ROWS) {
		uint64_t left = a->v[0] - i;
		size_t n = left < BATCH_ROWS ? (size_t)left : BATCH_ROWS;

		for (size_t k = 0; k < n; k++)
			draw_row(o, &row[k]);
		taken += install(o, c, row, n);
	}
	secret_wipe(row, sizeof(row));
	key_client_destroy(c);
	printf("installed %llu of %llu\n", (unsigned long long)taken, (unsigned long long)a->v[0]);
}

/* One SA, and the number of its player as the answer. */
static void install_one(struct orders *o, struct sa_row *row)
{
	struct key_client *c = connect_keys(o);

	if (!c)
		return;
	if (install(o, c, row, 1) == 1)
		printf("player %u\n", o->play->players - 1);
	else
		puts("not installed");
	key_client_destroy(c);
	secret_wipe(row, sizeof(*row));
}

void obey_renew(struct orders *o, const struct arguments *a)
{
	const struct player *old = orders_player(o, a);
	struct sa_row row;

	if (!old) {
		puts("no such SA");
		return;
	}
	draw_row(o, &row);
	row.identity_len = old->row.identity_len;
	memcpy(row.identity, old->row.identity, sizeof(row.identity));
	install_one(o, &row);
}

void obey_expiring(struct orders *o, const struct arguments *a)
{
	uint64_t left_ns = a->v[0] * 1000000;
	uint32_t before = o->play->players;
	struct sa_row row;
	struct timespec t;

	draw_row(o, &row);
	clock_gettime(CLOCK_REALTIME, &t);
	row.expires_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec + left_ns;
	left_ns += clock_monotonic_ns();
	install_one(o, &row);
	if (o->play->players > before)
		o->play->player[before].gone_ns = left_ns;
}

void obey_remove(struct orders *o, const struct arguments *a)
{
	struct player *who = orders_player(o, a);
	struct key_client *c = who ? connect_keys(o) : NULL;
	struct key_outcome out;
	const char *reference;

	if (!c) {
		if (!who)
			puts("no such SA");
		return;
	}
	reference = who->row.reference;
	if (key_client_remove(c, &reference, 1, &out) == 1 && out.result == KEY_REMOVED) {
		who->gone_ns = clock_monotonic_ns();
		puts("removed");
	} else {
		puts("not removed");
	}
	key_client_destroy(c);
}
