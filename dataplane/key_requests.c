#include "dataplane/key_requests.h"

#include "crypto/secret.h"
#include "dataplane/stats.h"

#include <unistd.h>

enum {
	LIST_LOOKS = 65536,      /* slots looked at for one page: some milliseconds at most */
	REMOVE_ALL_SHARE = 4096, /* SAs taken out for one wait for the workers */
	STAT_OCTETS_MAX = 1 + KEYMSG_TEXT_MAX + 8
};

void key_desk_open(struct key_desk *d, struct live *l)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	d->live = l;
	if (!f || fscanf(f, "%36[0-9a-f-]", d->boot_id) != 1)
		snprintf(d->boot_id, sizeof(d->boot_id), "unknown");
	if (f)
		fclose(f);
}

/* A request read to its end, and not beyond. */
static bool read_whole(const struct rd *body)
{
	return !body->bad && rd_done(body);
}

static bool serve_hello(struct key_desk *d, struct rd *body, struct wr *w)
{
	const struct live *l = d->live;
	struct key_hello h = {
		.program = "iwf-dp " IWF_VERSION,
		.incarnation = l->found.incarnation,
		.slots = l->sas->slots,
		.in_use = l->sas->in_use,
		.workers = l->workers,
		.pid = (uint32_t)getpid(),
		.now_ns = clock_now_ns(&l->clock),
		.began_ns = l->began_ns,
	};

	memcpy(h.boot_id, d->boot_id, sizeof(h.boot_id));
	key_hello_write(w, &h);
	return read_whole(body);
}

static void count_outcomes(struct key_desk *d, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint8_t result = d->outcome[i].result;

		d->count[KEYS_INSTALLED] += result == KEY_INSTALLED;
		d->count[KEYS_KEPT] += result == KEY_KEPT;
		d->count[KEYS_REMOVED] += result == KEY_REMOVED;
		d->count[KEYS_REFUSED] += !key_result_good(result) && result != KEY_NOT_FOUND;
	}
}

static void write_outcomes(const struct key_desk *d, uint32_t n, struct wr *w)
{
	keymsg_put_count(w, n);
	for (uint32_t i = 0; i < n; i++)
		key_outcome_write(w, &d->outcome[i]);
}

/* The batch is read whole before its first row is installed. */
static bool serve_install(struct key_desk *d, struct rd *body, struct wr *w)
{
	const struct live *l = d->live;
	struct sa_install_limits limits = {
		.per_device = l->config.sa_per_device,
		.given = l->config.lab, /* sdt.md 3, 8 */
		.ciphered = !l->config.allow_eea0,
		.now_ns = clock_now_ns(&l->clock),
	};
	uint32_t n;
	bool whole;

	keymsg_count(body, &n);
	for (uint32_t i = 0; i < n && !body->bad; i++)
		key_install_read(body, &d->row[i]);
	whole = read_whole(body);
	if (whole) {
		sa_table_install(l->sas, l->crypto, &limits, d->row, n, d->outcome);
		count_outcomes(d, n);
		write_outcomes(d, n, w);
	}
	secret_wipe(d->row, (n < KEYMSG_ROWS_MAX ? n : KEYMSG_ROWS_MAX) * sizeof(d->row[0]));
	return whole;
}

static bool serve_remove(struct key_desk *d, struct rd *body, struct wr *w)
{
	uint32_t n;

	keymsg_count(body, &n);
	for (uint32_t i = 0; i < n && !body->bad; i++)
		key_reference_read(body, d->reference[i]);
	if (!read_whole(body))
		return false;
	sa_table_remove(d->live->sas, d->reference, n, d->outcome);
	count_outcomes(d, n);
	write_outcomes(d, n, w);
	return true;
}

/* In one go: nobody's install may come between. */
static bool serve_remove_all(struct key_desk *d, struct rd *body, struct wr *w)
{
	struct sa_table *t = d->live->sas;
	uint32_t slot[REMOVE_ALL_SHARE], had = t->in_use;

	if (!read_whole(body))
		return false;
	for (uint32_t i = 0; i < t->slots && t->in_use > 0;) {
		uint32_t n = 0;

		for (; i < t->slots && n < REMOVE_ALL_SHARE; i++) {
			if (t->up[i].key_id != 0)
				slot[n++] = i;
		}
		sa_table_remove_slots(t, slot, n);
	}
	d->count[KEYS_REMOVED] += had - t->in_use;
	key_removed_write(w, had - t->in_use);
	return true;
}

/* Asks only for what a look at two lines can tell: most slots are not what is looked for. */
static bool listed(const struct sa_table *t, uint32_t slot, const struct key_list *query)
{
	uint32_t key_id = t->up[slot].key_id;

	return key_id != 0 && (query->key_id == 0 || query->key_id == key_id) &&
	       (be64_get(query->imsi) == 0 ||
		be64_get(query->imsi) == be64_get(t->link[slot].imsi));
}

static void write_page(const struct sa_table *t, const struct key_list *query, uint32_t from,
		       uint32_t end, struct wr *w)
{
	struct key_page page = {.next = KEY_LIST_END};
	struct wr head = *w;
	uint32_t i = from;

	key_page_write(w, &page);
	for (; i < end && page.rows < KEYMSG_PAGE_MAX; i++) {
		struct key_row row;

		if (!listed(t, i, query) || !sa_table_describe(t, i, &row))
			continue;
		key_row_write(w, &row);
		page.rows++;
	}
	if (i < t->slots && query->key_id == 0)
		page.next = i;
	key_page_write(&head, &page);
}

static bool serve_list(struct key_desk *d, struct rd *body, struct wr *w)
{
	const struct sa_table *t = d->live->sas;
	struct key_list query;
	uint32_t from, slots;

	key_list_read(body, &query);
	if (!read_whole(body))
		return false;
	from = query.from < t->slots ? query.from : t->slots;
	slots = t->slots - from < LIST_LOOKS ? t->slots - from : LIST_LOOKS;
	if (query.key_id != 0) { /* is found at once */
		uint32_t slot = sa_table_find(t, query.key_id);

		slots = slot != SA_NONE && slot >= from;
		from = slots ? slot : from;
	}
	write_page(t, &query, from, from + slots, w);
	return true;
}

struct stats_list {
	struct wr *w;
	uint32_t n;
};

static void write_stat(void *arg, const char *name, uint64_t value)
{
	struct stats_list *list = arg;

	if (list->n == KEYMSG_ROWS_MAX || list->w->left < STAT_OCTETS_MAX)
		return;
	key_stat_write(list->w, name, value);
	list->n++;
}

static bool serve_stats(struct key_desk *d, struct rd *body, struct wr *w)
{
	struct key_stats_query query;
	struct wr head = *w;
	struct stats_list list = {.w = w};

	key_stats_query_read(body, &query);
	if (!read_whole(body))
		return false;
	keymsg_put_count(w, 0);
	stats_each(d->live, query.worker, write_stat, &list);
	keymsg_put_count(&head, list.n);
	return true;
}

/* What it asks for is the connection's to do. */
static bool serve_subscribe(struct key_desk *d, struct rd *body, struct wr *w)
{
	(void)d;
	(void)w;
	return read_whole(body);
}

static const struct {
	uint8_t type;
	bool changes;
	bool (*serve)(struct key_desk *d, struct rd *body, struct wr *w); /* false: malformed */
} requests[] = {
	{KEYMSG_HELLO, false, serve_hello},          {KEYMSG_INSTALL, true, serve_install},
	{KEYMSG_REMOVE, true, serve_remove},         {KEYMSG_LIST, false, serve_list},
	{KEYMSG_STATS, false, serve_stats},          {KEYMSG_SUBSCRIBE, false, serve_subscribe},
	{KEYMSG_REMOVE_ALL, true, serve_remove_all},
};

bool key_desk_serve(struct key_desk *d, const struct keymsg *m, bool may_change, struct wr *w,
		    enum key_error *why)
{
	struct rd body = m->body;
	size_t i = 0;

	while (i < sizeof(requests) / sizeof(requests[0]) && requests[i].type != m->type)
		i++;
	if (i == sizeof(requests) / sizeof(requests[0])) {
		*why = KEY_ERROR_UNKNOWN;
		return false;
	}
	if (requests[i].changes && !may_change) {
		*why = KEY_ERROR_FORBIDDEN;
		return false;
	}
	*why = KEY_ERROR_MALFORMED;
	keymsg_begin(w, m->type | KEYMSG_ANSWER, m->request);
	return requests[i].serve(d, &body, w);
}
