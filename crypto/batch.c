#include "crypto/batch.h"

#include "crypto/kernel.h"
#include "crypto/secret.h"
#include "crypto/sort.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fastest first: for each algorithm the first usable kernel that has it is taken. */
static const struct kernel *const kernels[] = {
	&kernel_imb,
};

enum { KERNEL_COUNT = sizeof(kernels) / sizeof(kernels[0]), DESCRIPTION_MAX = 512 };

/* A kernel's function, its state, and the kernel's name. */
struct choice {
	void (*run)(void *state, const struct kernel_run *run);
	void *state;
	const char *name;
};

struct hmac_choice {
	void (*run)(void *state, const struct hmac *job, unsigned n);
	void *state;
	const char *name;
};

struct batch {
	struct choice cipher[EEA_COUNT]; /* run is NULL for EEA0 */
	struct choice tag[EIA_COUNT];
	/* run is NULL where no kernel has the pair in one go: then it takes the two above. */
	struct choice protect[PAIR_COUNT];
	struct choice unprotect[PAIR_COUNT];
	struct hmac_choice hmac;

	const struct kernel *kernel[KERNEL_COUNT]; /* those in use, and their states */
	void *state[KERNEL_COUNT];
	unsigned kernels;
	char description[DESCRIPTION_MAX];

	struct sorted sorted;
	uint8_t tags[BATCH_MAX][TAG_MAX];
};

/* Takes from kernel k what no kernel before it offered. */
static void take_kernel(struct batch *b, const struct kernel *k, void *state)
{
	const char *name = k->name(state);

	for (unsigned eea = 0; eea < EEA_COUNT; eea++) {
		if (!b->cipher[eea].run && k->cipher[eea])
			b->cipher[eea] = (struct choice){k->cipher[eea], state, name};
	}
	for (unsigned eia = 0; eia < EIA_COUNT; eia++) {
		if (!b->tag[eia].run && k->tag[eia])
			b->tag[eia] = (struct choice){k->tag[eia], state, name};
	}
	for (unsigned pair = 0; pair < PAIR_COUNT; pair++) {
		unsigned eea = pair_eea(pair), eia = pair_eia(pair);

		if (!b->protect[pair].run && k->protect[eea][eia])
			b->protect[pair] = (struct choice){k->protect[eea][eia], state, name};
		if (!b->unprotect[pair].run && k->unprotect[eea][eia])
			b->unprotect[pair] = (struct choice){k->unprotect[eea][eia], state, name};
	}
	if (!b->hmac.run && k->hmac)
		b->hmac = (struct hmac_choice){k->hmac, state, name};
}

static int open_kernel(struct batch *b, const struct kernel *k)
{
	void *state = NULL;

	if (k->open) {
		state = k->open();
		if (!state)
			return -errno;
	}
	b->kernel[b->kernels] = k;
	b->state[b->kernels] = state;
	b->kernels++;
	take_kernel(b, k, state);
	return 0;
}

__attribute__((format(printf, 2, 3))) static void append(char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, DESCRIPTION_MAX - len, format, args);
	va_end(args);
}

static void describe(struct batch *b)
{
	for (unsigned id = EEA1; id < EEA_COUNT; id++) {
		const struct choice *pair = &b->protect[pair_of(id, id)];
		const char *cipher = pair->run ? pair->name : b->cipher[id].name;
		const char *tag = pair->run ? pair->name : b->tag[id].name;

		append(b->description, "EEA%u/EIA%u %s", id, id, cipher);
		if (tag != cipher)
			append(b->description, " and %s", tag);
		append(b->description, ", ");
	}
	append(b->description, "HMAC-SHA-256 %s", b->hmac.name);
}

struct batch *batch_create(enum batch_kernels which)
{
	struct batch *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return NULL;
	for (unsigned i = 0; i < KERNEL_COUNT; i++) {
		const struct kernel *k = kernels[i];

		if (!k->usable() || (which == BATCH_IPSEC_MB && k != &kernel_imb))
			continue;
		err = open_kernel(b, k);
		if (err)
			goto err_destroy;
	}
	describe(b);
	return b;

err_destroy:
	batch_destroy(b);
	errno = -err;
	return NULL;
}

void batch_destroy(struct batch *b)
{
	if (!b)
		return;
	while (b->kernels > 0) {
		b->kernels--;
		if (b->kernel[b->kernels]->close)
			b->kernel[b->kernels]->close(b->state[b->kernels]);
	}
	secret_wipe(b, sizeof(*b));
	free(b);
}

const char *batch_describe(const struct batch *b)
{
	return b->description;
}

/* The run that starts at message i: those behind it of the same pair. */
static struct kernel_run next_run(struct batch *b, unsigned i, unsigned n)
{
	return (struct kernel_run){b->sorted.msg + i, b->tags + i, sorted_run(&b->sorted, i, n)};
}

static void call(const struct choice *c, const struct kernel_run *run)
{
	if (c->run && run->n > 0)
		c->run(c->state, run);
}

static uint8_t *tag_behind(const struct crypt *m)
{
	return m->at + m->aad_len + m->len;
}

static void protect_run(struct batch *b, unsigned pair, const struct kernel_run *run)
{
	if (b->protect[pair].run) {
		call(&b->protect[pair], run);
	} else {
		call(&b->cipher[pair_eea(pair)], run);
		call(&b->tag[pair_eia(pair)], run);
	}
	for (unsigned i = 0; i < run->n; i++) {
		const struct crypt *m = run->msg[i];

		memcpy(tag_behind(m), run->tag[i], m->tag_len);
	}
}

void batch_protect(struct batch *b, const struct crypt *msg, unsigned n)
{
	struct kernel_run run;

	sort_messages(&b->sorted, msg, n, true);
	for (unsigned i = 0; i < n; i += run.n) {
		run = next_run(b, i, n);
		protect_run(b, b->sorted.pair[i], &run);
	}
}

static bool tag_right(const struct crypt *m, const uint8_t *tag)
{
	return ct_equal(tag, tag_behind(m), m->tag_len);
}

/* Tags first; then only what proved right is worth deciphering. */
static void unprotect_in_steps(struct batch *b, unsigned pair, const struct kernel_run *run,
			       bool *right)
{
	const struct crypt *good[BATCH_MAX];
	struct kernel_run rest = {.msg = good};

	call(&b->tag[pair_eia(pair)], run);
	for (unsigned i = 0; i < run->n; i++) {
		right[i] = tag_right(run->msg[i], run->tag[i]);
		good[rest.n] = run->msg[i];
		rest.n += right[i];
	}
	call(&b->cipher[pair_eea(pair)], &rest);
}

static void unprotect_run(struct batch *b, unsigned pair, const struct kernel_run *run, bool *right)
{
	if (!b->unprotect[pair].run) {
		unprotect_in_steps(b, pair, run, right);
		return;
	}
	call(&b->unprotect[pair], run);
	for (unsigned i = 0; i < run->n; i++)
		right[i] = tag_right(run->msg[i], run->tag[i]);
}

void batch_unprotect(struct batch *b, const struct crypt *msg, unsigned n, bool *ok)
{
	bool right[BATCH_MAX];
	struct kernel_run run;

	sort_messages(&b->sorted, msg, n, true);
	for (unsigned i = 0; i < n; i += run.n) {
		run = next_run(b, i, n);
		unprotect_run(b, b->sorted.pair[i], &run, right + i);
	}
	for (unsigned i = 0; i < n; i++)
		ok[b->sorted.from[i]] = right[i];
}

void batch_cipher(struct batch *b, const struct crypt *msg, unsigned n)
{
	struct kernel_run run;

	sort_messages(&b->sorted, msg, n, false);
	for (unsigned i = 0; i < n; i += run.n) {
		run = next_run(b, i, n);
		call(&b->cipher[pair_eea(b->sorted.pair[i])], &run);
	}
}

void batch_hmac(struct batch *b, const struct hmac *job, unsigned n)
{
	assert(n <= BATCH_MAX);
	for (unsigned i = 0; i < n; i++)
		assert(job[i].len <= BATCH_LEN_MAX);
	b->hmac.run(b->hmac.state, job, n);
}
