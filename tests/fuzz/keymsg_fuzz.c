/*
 * Messages of the key socket from anywhere: what reads as well-formed stays inside the packet, and
 * written again it is the same octets, for every body has one form.
 */
#include "dataplane/api/keymsg.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

/* One body, or one entry of a list: read, and written behind what was written before. */
typedef int copy_one(struct rd *r, struct wr *w);

static int copy_install(struct rd *r, struct wr *w)
{
	struct sa_row row;
	int err = key_install_read(r, &row);

	if (err != 0)
		return err;
	demand(key_reference_valid(row.reference) && row.identity_len > 0 &&
	       strlen(row.identity) == row.identity_len && row.bearer < BEARER_COUNT);
	key_install_write(w, &row);
	return 0;
}

static int copy_reference(struct rd *r, struct wr *w)
{
	char reference[SAS_REFERENCE_MAX + 1];
	int err = key_reference_read(r, reference);

	if (err != 0)
		return err;
	demand(key_reference_valid(reference));
	key_reference_write(w, reference);
	return 0;
}

/* Of a body whose struct has no more to promise than to be written again. */
#define COPY(name, type)                                                                           \
	static int copy_##name(struct rd *r, struct wr *w)                                         \
	{                                                                                          \
		type x;                                                                            \
		int err = key_##name##_read(r, &x);                                                \
                                                                                                   \
		if (err == 0)                                                                      \
			key_##name##_write(w, &x);                                                 \
		return err;                                                                        \
	}

COPY(outcome, struct key_outcome)
COPY(hello, struct key_hello)
COPY(list, struct key_list)
COPY(row, struct key_row)
COPY(stats_query, struct key_stats_query)
COPY(event, struct key_event)

static int copy_stat(struct rd *r, struct wr *w)
{
	char name[KEYMSG_TEXT_MAX + 1];
	uint64_t value;
	int err = key_stat_read(r, name, &value);

	if (err == 0)
		key_stat_write(w, name, value);
	return err;
}

static int copy_removed(struct rd *r, struct wr *w)
{
	uint32_t n;
	int err = key_removed_read(r, &n);

	if (err == 0)
		key_removed_write(w, n);
	return err;
}

static int copy_error(struct rd *r, struct wr *w)
{
	enum key_error code;
	int err = key_error_read(r, &code);

	if (err == 0)
		key_error_write(w, code);
	return err;
}

static int copy_empty(struct rd *r, struct wr *w)
{
	(void)r;
	(void)w;
	return 0;
}

static const struct {
	uint8_t type;
	copy_one *copy;
	bool list; /* a count stands first */
} bodies[] = {
	{KEYMSG_HELLO, copy_empty, false},
	{KEYMSG_HELLO | KEYMSG_ANSWER, copy_hello, false},
	{KEYMSG_INSTALL, copy_install, true},
	{KEYMSG_INSTALL | KEYMSG_ANSWER, copy_outcome, true},
	{KEYMSG_REMOVE, copy_reference, true},
	{KEYMSG_REMOVE | KEYMSG_ANSWER, copy_outcome, true},
	{KEYMSG_LIST, copy_list, false},
	{KEYMSG_STATS, copy_stats_query, false},
	{KEYMSG_STATS | KEYMSG_ANSWER, copy_stat, true},
	{KEYMSG_SUBSCRIBE, copy_empty, false},
	{KEYMSG_SUBSCRIBE | KEYMSG_ANSWER, copy_empty, false},
	{KEYMSG_REMOVE_ALL, copy_empty, false},
	{KEYMSG_REMOVE_ALL | KEYMSG_ANSWER, copy_removed, false},
	{KEYMSG_EVENT, copy_event, false},
	{KEYMSG_ERROR, copy_error, false},
};

static int copy_list_of(struct rd *r, struct wr *w, copy_one *copy)
{
	uint32_t n;
	int err = keymsg_count(r, &n);

	keymsg_put_count(w, n);
	for (uint32_t i = 0; i < n && err == 0; i++)
		err = copy(r, w);
	return err;
}

static int copy_page(struct rd *r, struct wr *w)
{
	struct key_page page;
	int err = key_page_read(r, &page);

	key_page_write(w, &page);
	for (uint32_t i = 0; i < page.rows && err == 0; i++)
		err = copy_row(r, w);
	return err;
}

static int copy_body(struct keymsg *m, struct wr *w)
{
	if (m->type == (KEYMSG_LIST | KEYMSG_ANSWER))
		return copy_page(&m->body, w);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		if (bodies[i].type != m->type)
			continue;
		return bodies[i].list ? copy_list_of(&m->body, w, bodies[i].copy)
				      : bodies[i].copy(&m->body, w);
	}
	return -ENOMSG;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t again[KEYMSG_MAX];
	struct wr w = wr_of(again, sizeof(again));
	struct keymsg m;

	if (keymsg_read(data, len, &m) != 0)
		return 0;
	demand(m.body.p == data + KEYMSG_HEADER && m.body.left == len - KEYMSG_HEADER);
	keymsg_begin(&w, m.type, m.request);
	if (copy_body(&m, &w) != 0)
		return 0;
	demand(!m.body.bad && m.body.p + m.body.left == data + len);
	if (m.body.left > 0) /* an error of the peer, who said more */
		return 0;
	demand(keymsg_end(&w) == len && memcmp(again, data, len) == 0);
	return 0;
}
