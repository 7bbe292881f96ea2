#include "pcap/fleet.h"

#include <errno.h>
#include <stdlib.h>

static int by_key_id(const void *a, const void *b)
{
	const struct fleet_index *x = a, *y = b;

	return (x->key_id > y->key_id) - (x->key_id < y->key_id);
}

static size_t place(const struct fleet *f, const struct device *d)
{
	return (size_t)(d - f->device);
}

static int remember(struct fleet *f, const struct device *d, const struct asked *a)
{
	size_t at = place(f, d);

	if (!f->asked || f->n_asked == f->room) {
		size_t room = f->room ? 2 * f->room : 64;
		void *p = reallocarray(f->asked, room, sizeof(*f->asked));

		if (!p)
			return -ENOMEM;
		f->asked = p;
		f->room = room;
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the analyzer does not know room's
	 * rule */
	f->asked[f->n_asked] = (struct fleet_asked){*a, f->last_asked[at]};
	f->last_asked[at] = (uint32_t)++f->n_asked;
	return 0;
}

/* A row may put an epoch in force: its RESUME is as good as seen. */
static int remember_row(struct fleet *f, const struct device *d)
{
	struct asked a = {.n = d->row->resume_count - 1,
			  .capabilities = device_capabilities(d->row)};

	if (!d->row->has_resume_rand)
		return 0;
	memcpy(a.rand, d->row->resume_rand, RAND_LEN);
	return remember(f, d, &a);
}

int fleet_load(struct fleet *f, const char *path, FILE *errors)
{
	int err;

	*f = (struct fleet){0};
	err = sas_load(path, &f->rows, errors);
	if (err != 0)
		return err;
	f->device = calloc(f->rows.n + 1, sizeof(*f->device));
	f->last_asked = calloc(f->rows.n + 1, sizeof(*f->last_asked));
	f->index = calloc(f->rows.n + 1, sizeof(*f->index));
	err = f->device && f->last_asked && f->index ? 0 : -ENOMEM;
	for (size_t i = 0; err == 0 && i < f->rows.n; i++) {
		device_init(&f->device[i], &f->rows.row[i]);
		f->index[i] = (struct fleet_index){f->rows.row[i].key_id, (uint32_t)i};
		err = remember_row(f, &f->device[i]);
	}
	if (err != 0) {
		fprintf(errors, "%s: %s\n", path, strerrordesc_np(-err));
		fleet_free(f);
		return err;
	}
	qsort(f->index, f->rows.n, sizeof(*f->index), by_key_id);
	return 0;
}

void fleet_free(struct fleet *f)
{
	for (size_t i = 0; f->device && i < f->rows.n; i++)
		device_wipe(&f->device[i]);
	free(f->device);
	free(f->last_asked);
	free(f->index);
	free(f->asked);
	sas_free(&f->rows);
	*f = (struct fleet){0};
}

struct device *fleet_find(struct fleet *f, uint32_t key_id)
{
	struct fleet_index want = {.key_id = key_id}, *got;

	got = bsearch(&want, f->index, f->rows.n, sizeof(*f->index), by_key_id);
	return got ? &f->device[got->at] : NULL;
}

int fleet_learn(struct fleet *f, const struct device *d, const struct message *resume)
{
	struct asked a = {.n = resume->count, .capabilities = resume->capabilities};
	const struct asked *known;
	uint32_t at = 0;

	while ((known = fleet_asked(f, d, &at))) {
		if (known->n == a.n && memcmp(known->rand, resume->rand, RAND_LEN) == 0)
			return 0;
	}
	memcpy(a.rand, resume->rand, RAND_LEN);
	return remember(f, d, &a);
}

const struct asked *fleet_asked(const struct fleet *f, const struct device *d, uint32_t *at)
{
	*at = *at == 0 ? f->last_asked[place(f, d)] : f->asked[*at - 1].before;
	return *at > 0 ? &f->asked[*at - 1].asked : NULL;
}
