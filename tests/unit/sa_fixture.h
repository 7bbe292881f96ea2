/* A table in private memory, and what tests of it do with one SA at a time. */
#pragma once

#include "dataplane/sa_table.h"
#include "tests/unit/path_rig.h"

struct fixture {
	struct batch *crypto;
	struct sa_table *t;
};

struct fixture *make_table(uint32_t slots);
void free_table(struct fixture *f);

/* Rows may bring anything; so `install` takes them. */
extern const struct sa_install_limits any_row;

enum key_result install_with(struct fixture *f, const struct sa_install_limits *limits,
			     const struct sa_row *row, struct key_outcome *o);
enum key_result install(struct fixture *f, const struct sa_row *row);
enum key_result install_id(struct fixture *f, uint32_t key_id);
void remove_id(struct fixture *f, uint32_t key_id);

/* An SA of IMSI number `imsi`, and the newest one of that IMSI. */
struct sa_row row_of(uint32_t key_id, unsigned imsi);
uint32_t find_imsi(const struct fixture *f, unsigned imsi);

bool all_zero(const void *p, size_t n);
