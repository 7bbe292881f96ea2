#include "dataplane/api/keymsg.h"

#include "config/config.h"
#include "dataplane/api/keymsg_field.h"

enum { HEADER_LENGTH_AT = 4 }; /* octet of a header where its length begins */

int keymsg_read(const void *octets, size_t n, struct keymsg *m)
{
	struct rd r = rd_of(octets, n);
	uint64_t version = rd_uint(&r, 1), zero, length;

	m->type = (uint8_t)rd_uint(&r, 1);
	zero = rd_uint(&r, 2);
	length = rd_uint(&r, 4);
	m->request = (uint32_t)rd_uint(&r, 4);
	m->body = r;
	if (r.bad || n > KEYMSG_MAX)
		return -EBADMSG;
	if (version != KEYMSG_VERSION)
		return -EPROTONOSUPPORT;
	return zero == 0 && length == n ? 0 : -EBADMSG;
}

void keymsg_begin(struct wr *w, unsigned type, uint32_t request)
{
	wr_uint(w, KEYMSG_VERSION, 1);
	wr_uint(w, type, 1);
	wr_uint(w, 0, 2);
	wr_uint(w, 0, 4); /* the length, by keymsg_end */
	wr_uint(w, request, 4);
}

size_t keymsg_end(struct wr *w)
{
	be32 length = be32_of((uint32_t)w->len);

	if (w->bad || w->len > KEYMSG_MAX)
		return 0;
	memcpy(w->p - w->len + HEADER_LENGTH_AT, length.b, sizeof(length));
	return w->len;
}

int keymsg_count(struct rd *r, uint32_t *n)
{
	*n = (uint32_t)rd_uint(r, 4);
	field_require(r, *n <= KEYMSG_ROWS_MAX);
	return field_verdict(r);
}

void keymsg_put_count(struct wr *w, uint32_t n)
{
	wr_uint(w, n, 4);
}

void key_hello_write(struct wr *w, const struct key_hello *h)
{
	field_write_text(w, h->program);
	field_write_text(w, h->boot_id);
	wr_uint(w, h->incarnation, 8);
	wr_uint(w, h->slots, 4);
	wr_uint(w, h->in_use, 4);
	wr_uint(w, h->workers, 4);
	wr_uint(w, h->pid, 4);
	wr_uint(w, h->now_ns, 8);
	wr_uint(w, h->began_ns, 8);
}

int key_hello_read(struct rd *r, struct key_hello *h)
{
	field_read_text(r, 1, KEYMSG_TEXT_MAX, ' ', h->program);
	field_read_text(r, 1, sizeof(h->boot_id) - 1, '!', h->boot_id);
	h->incarnation = rd_uint(r, 8);
	h->slots = (uint32_t)rd_uint(r, 4);
	h->in_use = (uint32_t)rd_uint(r, 4);
	h->workers = (uint32_t)rd_uint(r, 4);
	h->pid = (uint32_t)rd_uint(r, 4);
	h->now_ns = rd_uint(r, 8);
	h->began_ns = rd_uint(r, 8);
	return field_verdict(r);
}

void key_list_write(struct wr *w, const struct key_list *l)
{
	wr_uint(w, l->from, 4);
	wr_bytes(w, l->imsi.b, sizeof(l->imsi));
	wr_uint(w, l->key_id, 4);
}

int key_list_read(struct rd *r, struct key_list *l)
{
	l->from = (uint32_t)rd_uint(r, 4);
	field_read_imsi(r, &l->imsi);
	l->key_id = (uint32_t)rd_uint(r, 4);
	return field_verdict(r);
}

void key_page_write(struct wr *w, const struct key_page *p)
{
	wr_uint(w, p->next, 4);
	wr_uint(w, p->rows, 4);
}

int key_page_read(struct rd *r, struct key_page *p)
{
	p->next = (uint32_t)rd_uint(r, 4);
	p->rows = (uint32_t)rd_uint(r, 4);
	field_require(r, p->rows <= KEYMSG_PAGE_MAX);
	return field_verdict(r);
}

void key_stats_query_write(struct wr *w, const struct key_stats_query *q)
{
	wr_uint(w, q->worker, 4);
}

int key_stats_query_read(struct rd *r, struct key_stats_query *q)
{
	q->worker = (uint32_t)rd_uint(r, 4);
	field_require(r, q->worker < CONFIG_WORKERS_MAX || q->worker == KEY_STATS_SUM);
	return field_verdict(r);
}

void key_stat_write(struct wr *w, const char *name, uint64_t value)
{
	field_write_text(w, name);
	wr_uint(w, value, 8);
}

int key_stat_read(struct rd *r, char name[KEYMSG_TEXT_MAX + 1], uint64_t *value)
{
	field_read_text(r, 1, KEYMSG_TEXT_MAX, '!', name);
	*value = rd_uint(r, 8);
	return field_verdict(r);
}

void key_removed_write(struct wr *w, uint32_t n)
{
	wr_uint(w, n, 4);
}

int key_removed_read(struct rd *r, uint32_t *n)
{
	*n = (uint32_t)rd_uint(r, 4);
	return field_verdict(r);
}

void key_event_write(struct wr *w, const struct key_event *e)
{
	wr_uint(w, e->time_ns, 8);
	wr_uint(w, e->type, 1);
	wr_uint(w, e->key_id, 4);
	wr_bytes(w, e->imsi.b, sizeof(e->imsi));
	wr_uint(w, e->value, 4);
	field_write_text(w, e->reference);
}

int key_event_read(struct rd *r, struct key_event *e)
{
	e->time_ns = rd_uint(r, 8);
	e->type = (uint8_t)rd_uint(r, 1);
	e->key_id = (uint32_t)rd_uint(r, 4);
	field_read_imsi(r, &e->imsi);
	e->value = (uint32_t)rd_uint(r, 4);
	/* Empty: not about one SA, or about one that is gone. */
	field_read_text(r, 0, SAS_REFERENCE_MAX, '!', e->reference);
	field_require(r, e->type < EVENT_COUNT);
	return field_verdict(r);
}

void key_error_write(struct wr *w, enum key_error code)
{
	wr_uint(w, code, 1);
}

int key_error_read(struct rd *r, enum key_error *code)
{
	uint64_t x = rd_uint(r, 1);

	field_require(r, x < KEY_ERROR_COUNT);
	*code = r->bad ? KEY_ERROR_MALFORMED : (enum key_error)x;
	return field_verdict(r);
}

#define X(sym, name, meaning) name,
static const char *const result_names[KEY_RESULT_COUNT] = {KEY_OUTCOMES(X)};
static const char *const error_names[KEY_ERROR_COUNT] = {KEY_ERRORS(X)};
#undef X

#define X(sym, name, meaning) meaning,
static const char *const result_meanings[KEY_RESULT_COUNT] = {KEY_OUTCOMES(X)};
static const char *const error_meanings[KEY_ERROR_COUNT] = {KEY_ERRORS(X)};
#undef X

const char *key_result_name(unsigned result)
{
	return result < KEY_RESULT_COUNT ? result_names[result] : "?";
}

const char *key_result_meaning(unsigned result)
{
	return result < KEY_RESULT_COUNT ? result_meanings[result] : "?";
}

const char *key_error_name(unsigned code)
{
	return code < KEY_ERROR_COUNT ? error_names[code] : "?";
}

const char *key_error_meaning(unsigned code)
{
	return code < KEY_ERROR_COUNT ? error_meanings[code] : "?";
}
