/*
 * sdt.md 6: a gateway is killed at any moment, again and again; the next one goes on with every SA
 * that was acknowledged, and no COUNT that has left is forgotten. (death_test.c looks at each store
 * of a few operations; this at all of them together.)
 */
#include "dataplane/sa_slot.h"
#include "tests/unit/path_device.h"

#include <rte_debug.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { DEVICES = 24, SLOTS = 20, ROUNDS = 25 };

/* What a gateway has let out about one SA: its device's side of it, which no death takes away. */
struct announced {
	volatile bool acknowledged;      /* the install */
	volatile bool leaving, resuming; /* it may be gone, from now on */
	volatile uint32_t m, up, down;   /* of the epoch of m: COUNTs seen on the wire, plus 1 */
	struct path_device device;
};

struct world {
	volatile bool ready;
	struct announced sa[DEVICES];
};

static struct world *world;
static unsigned busy; /* whose turn it is */
static char folder[64], path[96];

/* Deterministic; any seed but 0. */
static uint32_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (uint32_t)(*x >> 16);
}

static struct sa_table *open_file(struct sa_takeover *found)
{
	struct sa_table *t = sa_table_open(path, SLOTS, false, found, stderr);

	RTE_VERIFY(t);
	return t;
}

static struct sa_row row_of(unsigned i)
{
	struct sa_row row = rig_row(1 + i, i % 4, EIA2, i % 2 ? TAG_LONG : TAG_SHORT);

	row.key_id = 0;
	snprintf(row.reference, sizeof(row.reference), "r%u", i);
	return row;
}

static void announce(struct rig *r, enum side side, const struct rig_sent *s)
{
	struct announced *a = &world->sa[busy];
	const struct sdt_hdr *h;
	struct packet p;

	(void)r;
	rig_read(s, &p);
	h = (const struct sdt_hdr *)p.payload;
	if (side == CORE) {
		if (!a->resuming)
			a->up = a->device.d.next_up;
	} else if (sdt_type(h) == SDT_DATA) {
		a->down = be32_get(h->count) + 1;
	} else if (sdt_type(h) == SDT_RESUMED && be32_get(h->count) + 1 > a->m) {
		a->up = a->down = 1;
		a->m = be32_get(h->count) + 1;
	}
}

static void install(struct rig *r, struct announced *a)
{
	static const struct sa_install_limits limits = {.per_device = 2};
	struct sa_row row = row_of(busy);
	struct key_outcome o;

	if (a->acknowledged || sa_table_install(r->sas, r->crypto, &limits, &row, 1, &o) != 1)
		return;
	row.key_id = o.key_id;
	memcpy(row.salt, o.salt, SALT_LEN);
	a->device = (struct path_device){.row = row};
	device_init(&a->device.d, &a->device.row);
	endpoint_read("10.0.0.1:4000", &a->device.at);
	a->m = 1;
	a->up = a->down = 0;
	a->leaving = a->resuming = false;
	a->acknowledged = true;
}

static void take_away(struct rig *r, struct announced *a)
{
	char reference[1][SAS_REFERENCE_MAX + 1] = {{0}};
	struct key_outcome o;

	snprintf(reference[0], sizeof(reference[0]), "r%u", busy);
	a->leaving = true;
	sa_table_remove(r->sas, reference, 1, &o);
	a->acknowledged = false;
}

static void talk(struct rig *r, struct announced *a, unsigned how)
{
	struct core_hdr h = rig_mt(0, 0, 0, a->device.row.identity);

	if (how % 4 == 0) {
		a->resuming = true;
		path_device_resume(&a->device, r, 0, 0);
	} else if (how % 2) {
		path_device_data(&a->device, r, 0, 0);
	} else {
		rig_down(r, 0, 0, &h, sizeof(h));
	}
	RTE_VERIFY(!rig_run(r));
	for (unsigned i = 0; i < r->sent_n[ACCESS]; i++)
		path_device_take(&a->device, &r->sent[ACCESS][i], NULL);
	a->resuming = false;
}

static void live_until_killed(uint64_t seed)
{
	struct sa_takeover found;
	struct config c;
	struct rig *r;

	config_defaults(&c);
	r = rig_create_over(&c, open_file(&found), true);
	r->watch = announce;
	world->ready = true;
	for (;;) {
		struct announced *a;
		uint32_t what = next_random(&seed);

		busy = next_random(&seed) % DEVICES;
		a = &world->sa[busy];
		if (what % 8 == 0 || !a->acknowledged)
			install(r, a);
		else if (what % 8 == 1)
			take_away(r, a);
		else
			talk(r, a, what >> 8);
	}
}

static void kill_one(uint64_t *seed)
{
	pid_t child;

	world->ready = false;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		live_until_killed(*seed);
	while (!world->ready)
		usleep(100);
	usleep(next_random(seed) % 20000);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void check_one(const struct sa_table *t, unsigned i, unsigned *lost)
{
	struct announced *a = &world->sa[i];
	struct sa_row row = row_of(i);
	uint32_t slot = sa_find_reference(t, row.reference), first;
	be64 imsi = imsi_to_tbcd(row.identity, row.identity_len);

	sa_table_find_imsi(t, &imsi, 1, &first);
	assert_int_equal(first, slot); /* one SA a device, found both ways or not at all */
	if (slot == SA_NONE) {
		assert_true(!a->acknowledged || a->leaving || a->resuming);
		*lost += a->acknowledged;
		a->acknowledged = false;
		return;
	}
	assert_memory_equal(t->root[slot].key, row.root_key, ROOT_KEY_LEN);
	assert_int_equal(sa_table_find(t, t->up[slot].key_id), slot);
	if (!a->acknowledged)
		return; /* whole, and nobody knows it: installed again, it will be kept */
	assert_int_equal(t->up[slot].key_id, a->device.row.key_id);
	assert_memory_equal(t->root[slot].salt, a->device.row.salt, SALT_LEN);
	assert_true(t->root[slot].m >= a->m);
	if (t->root[slot].m > a->m)
		return; /* another epoch, whose RESUMED has not left */
	assert_true(t->down[slot].count >= a->down);
	if (a->up > 0)
		assert_true(t->up[slot].seen != 0 && t->up[slot].top >= a->up - 1);
}

static void a_gateway_killed_at_any_moment_goes_on(void **state)
{
	uint64_t seed = 20251120, taken = 0;
	unsigned half_written = 0, lost = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct sa_takeover found;
		struct sa_table *t;

		kill_one(&seed);
		t = open_file(&found);
		assert_int_equal(found.incarnation, 2 * round + 2);
		assert_true(found.half_written <= 1);
		half_written += found.half_written;
		taken += found.taken;
		for (unsigned i = 0; i < DEVICES; i++)
			check_one(t, i, &lost);
		sa_table_close(t);
	}
	print_message("%u deaths, %lu SAs taken over, %u half-written, %u lost with them\n",
		      (unsigned)ROUNDS, taken, half_written, lost);
	assert_true(taken > ROUNDS * DEVICES / 4);
}

static int make_world(void **state)
{
	(void)state;
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	snprintf(folder, sizeof(folder), "/dev/shm/kill_test.XXXXXX");
	if (world == MAP_FAILED || !mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/table", folder);
	return 0;
}

static int remove_world(void **state)
{
	(void)state;
	unlink(path);
	munmap(world, sizeof(*world));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_killed_at_any_moment_goes_on),
	};

	return cmocka_run_group_tests(tests, make_world, remove_world);
}
