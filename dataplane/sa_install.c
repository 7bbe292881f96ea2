/*
 * Installing SAs. A batch goes through in shares: every row is asked what speaks against it, those
 * that stand get key id and salt, all their keys are derived in one call, and then they are asked
 * again, one by one, since a row before them in the batch may stand in their way, and published.
 */
#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "dataplane/sa_slot.h"
#include "dataplane/traffic_keys.h"

enum { KEY_ID_TRIES = 64 };

struct install {
	const struct sa_row *row;
	struct key_outcome *outcome;
	uint32_t random; /* for the upper bits of a key id that is drawn */
	uint8_t root[ROOT_KEY_LEN];
};

static bool reference_valid(const char *reference)
{
	size_t len = strnlen(reference, SAS_REFERENCE_MAX + 1);

	for (size_t i = 0; i < len; i++) {
		if (reference[i] <= ' ' || reference[i] > '~')
			return false;
	}
	return len <= SAS_REFERENCE_MAX;
}

static bool identity_valid(const struct sa_row *row)
{
	if (row->group)
		return row->identity_len > 0;
	for (unsigned i = 0; i < row->identity_len; i++) {
		if (row->identity[i] < '0' || row->identity[i] > '9')
			return false;
	}
	return row->identity_len >= IMSI_MIN && row->identity_len <= IMSI_MAX;
}

/* What sas_load() holds a file to: rows of the key socket come from elsewhere. */
static bool row_valid(const struct sa_row *row)
{
	if (!reference_valid(row->reference) || !identity_valid(row) ||
	    !suite_valid(row->eea, row->eia, row->tag_len))
		return false;
	if (row->address.family != 0 && row->address.family != 4 && row->address.family != 6)
		return false;
	if (row->group && (row->has_count_up || row->has_resume_rand || row->resume_count != 1))
		return false;
	return row->resume_count >= (row->has_resume_rand ? 2U : 1U);
}

/* The SAs of the row's device: whether one has its key and salt, and how many there are. */
static bool device_has_key(const struct sa_table *t, const struct sa_row *row, const uint8_t *salt,
			   uint32_t *n)
{
	be64 imsi;
	uint32_t slot;

	*n = 0;
	if (row->group)
		return sa_find_group(t, row->root_key, salt) != SA_NONE;
	imsi = imsi_to_tbcd(row->identity, row->identity_len);
	sa_table_find_imsi(t, &imsi, 1, &slot);
	for (; slot != SA_NONE; slot = sa_next(t, slot), ++*n) {
		if (sa_has_key(t, slot, row->root_key, salt))
			return true;
	}
	return false;
}

/* What speaks against a row that brings its key id and salt; KEY_INSTALLED: nothing. */
static enum key_result judge_given(const struct sa_table *t, const struct sa_install_limits *limits,
				   const struct sa_row *row)
{
	/* Under another name its removal would not be remembered, and its COUNTs begin again. */
	if (!limits->given || (row->reference[0] && !sa_is_static(row->reference)))
		return KEY_NOT_ALLOWED;
	if (sa_table_find(t, row->key_id) != SA_NONE)
		return KEY_KEY_ID_TAKEN;
	if (t->map->header->retired_n > 0 &&
	    sa_map_retired(t->map, sa_fingerprint(row->root_key, row->salt)))
		return KEY_RETIRED;
	return KEY_INSTALLED;
}

/* KEY_INSTALLED: it can be. KEY_KEPT: it is there; the outcome says under which key id and salt. */
static enum key_result judge_row(const struct sa_table *t, const struct sa_install_limits *limits,
				 const struct sa_row *row, struct key_outcome *o)
{
	enum key_result result = KEY_INSTALLED;
	uint32_t slot = SA_NONE, n;

	if (!row_valid(row))
		return KEY_BAD_ROW;
	if (row->reference[0])
		slot = sa_find_reference(t, row->reference);
	if (slot != SA_NONE) {
		if (!ct_equal(t->root[slot].key, row->root_key, ROOT_KEY_LEN))
			return KEY_OTHER_KEY;
		o->key_id = t->up[slot].key_id;
		memcpy(o->salt, t->root[slot].salt, SALT_LEN);
		return KEY_KEPT;
	}
	if (limits->now_ns > row->expires_ns)
		return KEY_ALREADY_EXPIRED;
	if (limits->ciphered && row->eea == EEA0)
		return KEY_NULL_CIPHER;
	if (row->key_id != 0)
		result = judge_given(t, limits, row);
	if (result != KEY_INSTALLED)
		return result;
	if (device_has_key(t, row, o->salt, &n))
		return KEY_KEY_IN_USE;
	if (limits->per_device > 0 && n >= limits->per_device)
		return KEY_TOO_MANY;
	return sa_slot_oldest(t) == SA_NONE ? KEY_TABLE_FULL : KEY_INSTALLED;
}

/* sdt.md 3: key id and salt of a new SA are the data plane's to draw. One read for all of them. */
static void draw(struct install *in, unsigned n)
{
	struct {
		uint8_t salt[SALT_LEN];
		uint32_t random;
	} drawn[TRAFFIC_KEYS_MAX];
	bool failed = secret_random(drawn, n * sizeof(drawn[0])) != 0;

	for (unsigned i = 0; i < n; i++) {
		if (in[i].row->key_id != 0)
			continue;
		in[i].random = drawn[i].random;
		memcpy(in[i].outcome->salt, drawn[i].salt, SALT_LEN);
		if (failed)
			in[i].outcome->result = KEY_NO_RANDOM;
	}
}

/* The slot's number below random bits, of which there are at least 8; 0 where none was free. */
static uint32_t draw_key_id(const struct sa_table *t, uint32_t slot, uint32_t random)
{
	for (unsigned i = 0; i < KEY_ID_TRIES; i++) {
		uint32_t key_id = (random & ~t->mask) | slot;

		/* A given key id that belongs into this slot may live in another. */
		if (key_id != 0 && sa_table_find(t, key_id) == SA_NONE)
			return key_id;
		if (secret_random(&random, sizeof(random)) != 0)
			return 0;
	}
	return 0;
}

/* A free slot for a given key id: its own if that is free. */
static uint32_t slot_for(const struct sa_table *t, uint32_t key_id)
{
	uint32_t own = key_id & t->mask;

	return key_id != 0 && own < t->slots && sa_slot_free(t, own) ? own : sa_slot_oldest(t);
}

/* m and COUNTs, then the keys that go with them, member by member: the slot's mark stays on. */
static void fill_slot(struct sa_table *t, uint32_t slot, const struct install *in,
		      const struct traffic_keys *keys)
{
	const struct sa_row *row = in->row;
	struct sa_up *u = &t->up[slot];
	struct sa_down *d = &t->down[slot];
	struct sa_link *l = &t->link[slot];
	struct sa_root *r = &t->root[slot];
	uint8_t algs = (uint8_t)(row->eea << 4 | row->eia);

	r->m = row->resume_count;
	if (row->has_count_up) {
		u->top = row->count_up;
		u->seen = UINT64_MAX;
	} else if (row->has_resume_rand) {
		u->seen = 1; /* uplink COUNT 0 was the RESUME's */
	}
	d->count = row->has_count_down ? row->count_down : row->has_resume_rand;
	d->flags = u->seen && u->top >= COUNT_REKEY_FROM ? SA_DOWN_REKEY : 0;

	u->algs = u->installed = d->algs = algs;
	u->epoch = d->epoch = row->has_resume_rand ? (uint8_t)(row->resume_count - 1) : 0;
	u->flags = (uint8_t)((row->tag_len == TAG_LONG ? SA_T : 0) |
			     (row->one_key_per_transmission ? SA_ONE_KEY : 0));

	l->held = 0;
	l->expires_ns = row->expires_ns;
	sa_set_address(l, &row->address);
	l->heard = row->has_count_up || row->has_resume_rand;
	if (!row->group)
		l->imsi = imsi_to_tbcd(row->identity, row->identity_len);
	memcpy(t->label[slot].reference, row->reference, strlen(row->reference));
	t->label[slot].order = ++t->map->header->order;

	memcpy(r->key, row->root_key, ROOT_KEY_LEN);
	memcpy(r->salt, in->outcome->salt, SALT_LEN);
	memcpy(u->enc_key, keys->enc[UPLINK], KEY_LEN);
	memcpy(u->int_key, keys->integrity[UPLINK], KEY_LEN);
	memcpy(d->enc_key, keys->enc[DOWNLINK], KEY_LEN);
	memcpy(d->int_key, keys->integrity[DOWNLINK], KEY_LEN);
}

static enum key_result install_row(struct sa_table *t, const struct install *in,
				   const struct traffic_keys *keys)
{
	uint32_t slot = slot_for(t, in->row->key_id), key_id = in->row->key_id;

	if (key_id == 0)
		key_id = draw_key_id(t, slot, in->random);
	if (key_id == 0)
		return KEY_KEY_ID_TAKEN;
	sa_slot_take(t, slot);
	fill_slot(t, slot, in, keys);
	sa_slot_publish(t, slot, key_id);
	sa_enter(t, slot);
	in->outcome->key_id = key_id;
	return KEY_INSTALLED;
}

/* The root of the epoch in force: K, or K' where the row says that a RESUME was accepted. */
static void current_root(const struct sa_row *row, uint8_t *root)
{
	struct kdf_input s;

	memcpy(root, row->root_key, ROOT_KEY_LEN);
	if (!row->has_resume_rand)
		return;
	kdf_resume_root_input(&s, row->resume_rand, row->resume_count - 1);
	kdf(row->root_key, ROOT_KEY_LEN, &s, root);
}

static void derive_keys(struct batch *batch, struct install *in, unsigned n,
			struct traffic_keys *keys)
{
	struct traffic_seed seed[TRAFFIC_KEYS_MAX];

	for (unsigned i = 0; i < n; i++) {
		const struct sa_row *row = in[i].row;

		current_root(row, in[i].root);
		seed[i] = (struct traffic_seed){in[i].root, row->identity, row->identity_len,
						in[i].outcome->salt,
						(uint8_t)(row->eea << 4 | row->eia)};
	}
	traffic_keys_derive(batch, seed, n, keys);
}

/* The rows of a share that nothing speaks against so far. */
static unsigned screen_rows(const struct sa_table *t, const struct sa_install_limits *limits,
			    const struct sa_row *row, unsigned n, struct key_outcome *outcome,
			    struct install *in)
{
	unsigned standing = 0;

	for (unsigned i = 0; i < n; i++) {
		struct key_outcome *o = &outcome[i];

		*o = (struct key_outcome){0};
		memcpy(o->reference, row[i].reference, SAS_REFERENCE_MAX);
		if (row[i].key_id != 0)
			memcpy(o->salt, row[i].salt, SALT_LEN);
		o->result = (uint8_t)judge_row(t, limits, &row[i], o);
		if (o->result == KEY_INSTALLED)
			in[standing++] = (struct install){.row = &row[i], .outcome = o};
	}
	return standing;
}

size_t sa_table_install(struct sa_table *t, struct batch *batch,
			const struct sa_install_limits *limits, const struct sa_row *row, size_t n,
			struct key_outcome *outcome)
{
	struct install in[TRAFFIC_KEYS_MAX];
	struct traffic_keys keys[TRAFFIC_KEYS_MAX];
	size_t good = 0;

	for (size_t done = 0; done < n; done += TRAFFIC_KEYS_MAX) {
		unsigned now =
			n - done < TRAFFIC_KEYS_MAX ? (unsigned)(n - done) : TRAFFIC_KEYS_MAX;
		unsigned standing = screen_rows(t, limits, &row[done], now, &outcome[done], in);

		draw(in, standing);
		derive_keys(batch, in, standing, keys);
		for (unsigned i = 0; i < standing; i++) {
			struct key_outcome *o = in[i].outcome;

			if (o->result == KEY_INSTALLED)
				o->result = (uint8_t)judge_row(t, limits, in[i].row, o);
			if (o->result == KEY_INSTALLED)
				o->result = (uint8_t)install_row(t, &in[i], &keys[i]);
		}
	}
	secret_wipe(in, sizeof(in));
	secret_wipe(keys, sizeof(keys));
	for (size_t i = 0; i < n; i++) {
		good += key_result_good(outcome[i].result);
		if (!key_result_good(outcome[i].result))
			secret_wipe(outcome[i].salt, SALT_LEN);
	}
	return good;
}
