#include "control/keys/client.h"

#include "control/keys/channel.h"
#include "crypto/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct key_client {
	struct channel channel;
};

struct key_client *key_client_create(unsigned timeout_ms)
{
	struct key_client *c = calloc(1, sizeof(*c));

	if (c) {
		c->channel.fd = -1;
		c->channel.timeout_ms = timeout_ms;
	}
	return c;
}

void key_client_destroy(struct key_client *c)
{
	if (!c)
		return;
	channel_close(&c->channel);
	secret_wipe(c, sizeof(*c));
	free(c);
}

const char *key_client_error(const struct key_client *c)
{
	return c->channel.error;
}

int key_client_fd(const struct key_client *c)
{
	return c->channel.fd;
}

/* The end of every answer: all of it was read, and nothing is left. */
static int finish(struct key_client *c, const struct rd *body, int err)
{
	if (err == 0 && !body->bad && body->left == 0)
		return 0;
	return channel_fail(&c->channel, -EBADMSG, "sent an answer that cannot be read");
}

int key_client_hello(struct key_client *c, struct key_hello *hello)
{
	struct rd body;
	int err;

	channel_begin(&c->channel, KEYMSG_HELLO);
	err = channel_ask(&c->channel, KEYMSG_HELLO, &body);
	return err == 0 ? finish(c, &body, key_hello_read(&body, hello)) : err;
}

int key_client_connect(struct key_client *c, const char *path, struct key_hello *hello)
{
	int err = channel_open(&c->channel, path);

	if (err == 0)
		err = key_client_hello(c, hello);
	/* Strangers are not answered. */
	if (err == -ECONNRESET)
		channel_fail(&c->channel, err,
			     "hung up without a word: user %u may not ask (key_socket.uids, "
			     "key_socket.read_uids), or it serves too many others",
			     (unsigned)geteuid());
	return err;
}

/* Rows to install, or references to remove. */
struct batch {
	unsigned type;
	const struct sa_row *rows;
	const char *const *references;
	size_t n;
};

static const char *reference_of(const struct batch *b, size_t i)
{
	return b->rows ? b->rows[i].reference : b->references[i];
}

/* Writes as many as fit, and how many these are before them; returns that. */
static uint32_t write_batch(const struct batch *b, struct wr *w)
{
	struct wr count = *w;
	uint32_t n = 0;

	keymsg_put_count(w, 0);
	while (n < b->n && n < KEYMSG_ROWS_MAX) {
		struct wr before = *w;

		if (b->rows)
			key_install_write(w, &b->rows[n]);
		else
			key_reference_write(w, b->references[n]);
		if (w->bad) {
			*w = before;
			break;
		}
		n++;
	}
	keymsg_put_count(&count, n);
	return n;
}

static int read_outcomes(const struct batch *b, uint32_t n, struct rd *body,
			 struct key_outcome *outcome)
{
	uint32_t answered;

	if (keymsg_count(body, &answered) != 0 || answered != n)
		return -EBADMSG;
	for (uint32_t i = 0; i < n; i++) {
		if (key_outcome_read(body, &outcome[i]) != 0 ||
		    strcmp(outcome[i].reference, reference_of(b, i)) != 0)
			return -EBADMSG;
	}
	return 0;
}

static int ask_batch(struct key_client *c, const struct batch *b, struct key_outcome *outcome)
{
	uint32_t n = write_batch(b, channel_begin(&c->channel, b->type));
	struct rd body;
	int err;

	if (n == 0)
		c->channel.out.bad = true; /* not even one fits */
	err = channel_ask(&c->channel, b->type, &body);
	if (err == 0)
		err = finish(c, &body, read_outcomes(b, n, &body, outcome));
	return err == 0 ? (int)n : err;
}

int key_client_install(struct key_client *c, const struct sa_row *rows, size_t n,
		       struct key_outcome *outcome)
{
	struct batch b = {.type = KEYMSG_INSTALL, .rows = rows, .n = n};

	return ask_batch(c, &b, outcome);
}

int key_client_remove(struct key_client *c, const char *const *references, size_t n,
		      struct key_outcome *outcome)
{
	struct batch b = {.type = KEYMSG_REMOVE, .references = references, .n = n};

	return ask_batch(c, &b, outcome);
}

int key_client_remove_all(struct key_client *c, uint32_t *removed)
{
	struct rd body;
	int err;

	channel_begin(&c->channel, KEYMSG_REMOVE_ALL);
	err = channel_ask(&c->channel, KEYMSG_REMOVE_ALL, &body);
	return err == 0 ? finish(c, &body, key_removed_read(&body, removed)) : err;
}

static int read_page(struct rd *body, struct key_list *where, struct key_row *rows, uint32_t *n)
{
	struct key_page page;

	/* A list that does not move on would have no end. */
	if (key_page_read(body, &page) != 0 || page.next <= where->from)
		return -EBADMSG;
	for (uint32_t i = 0; i < page.rows; i++) {
		if (key_row_read(body, &rows[i]) != 0)
			return -EBADMSG;
	}
	where->from = page.next;
	*n = page.rows;
	return 0;
}

int key_client_list(struct key_client *c, struct key_list *where, struct key_row *rows)
{
	struct rd body;
	uint32_t n = 0;
	int err;

	key_list_write(channel_begin(&c->channel, KEYMSG_LIST), where);
	err = channel_ask(&c->channel, KEYMSG_LIST, &body);
	if (err == 0)
		err = finish(c, &body, read_page(&body, where, rows, &n));
	return err == 0 ? (int)n : err;
}

static int read_stats(struct rd *body, void (*visit)(void *, const char *, uint64_t), void *arg)
{
	char name[KEYMSG_TEXT_MAX + 1];
	uint64_t value;
	uint32_t n;

	if (keymsg_count(body, &n) != 0)
		return -EBADMSG;
	for (uint32_t i = 0; i < n; i++) {
		if (key_stat_read(body, name, &value) != 0)
			return -EBADMSG;
		visit(arg, name, value);
	}
	return 0;
}

int key_client_stats(struct key_client *c, uint32_t worker,
		     void (*visit)(void *arg, const char *name, uint64_t value), void *arg)
{
	const struct key_stats_query q = {.worker = worker};
	struct rd body;
	int err;

	key_stats_query_write(channel_begin(&c->channel, KEYMSG_STATS), &q);
	err = channel_ask(&c->channel, KEYMSG_STATS, &body);
	return err == 0 ? finish(c, &body, read_stats(&body, visit, arg)) : err;
}

int key_client_subscribe(struct key_client *c, void (*event)(void *arg, const struct key_event *e),
			 void *arg)
{
	struct rd body;
	int err;

	c->channel.event = event;
	c->channel.event_arg = arg;
	channel_begin(&c->channel, KEYMSG_SUBSCRIBE);
	err = channel_ask(&c->channel, KEYMSG_SUBSCRIBE, &body);
	return err == 0 ? finish(c, &body, 0) : err;
}

int key_client_wait(struct key_client *c, int timeout_ms)
{
	return channel_wait(&c->channel, timeout_ms);
}
