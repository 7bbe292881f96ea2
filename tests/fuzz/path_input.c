#include "tests/fuzz/path_input.h"

#include "pcap/build.h"

#define MS UINT64_C(1000000)

/* 0x41 and 0x51 belong into one slot, as do the two at the end of the number space. */
const uint32_t input_key_id[INPUT_SAS] = {0x41, 0x52,       0x63,       0x51,
					  0x74, 0x85000006, 0xffffffff, 0xefffffff};

enum { GROUP = 4 };

static struct sa_row make_row(const struct input *in, unsigned i)
{
	static const struct {
		uint8_t eea, eia, tag_len;
	} suites[INPUT_SAS] = {
		{EEA1, EIA1, TAG_SHORT}, {EEA2, EIA2, TAG_LONG},  {EEA3, EIA3, TAG_SHORT},
		{EEA2, EIA2, TAG_LONG},  {EEA1, EIA1, TAG_SHORT}, {EEA0, EIA2, TAG_SHORT},
		{EEA2, EIA2, TAG_SHORT}, {EEA3, EIA2, TAG_LONG},
	};
	struct sa_row row =
		rig_row(input_key_id[i], suites[i].eea, suites[i].eia, suites[i].tag_len);
	static const char imsi[INPUT_SAS][16] = {
		"001010000000001", "001010000000002", "001010000000003", "001010000000001",
		"a group",         "001010000000005", "123456",          "001010000000007"};

	row.identity_len = (uint8_t)snprintf(row.identity, sizeof(row.identity), "%s", imsi[i]);
	row.one_key_per_transmission = i == 1 || i == 2;
	row.group = i == GROUP;
	if (i == GROUP)
		endpoint_read("239.1.1.1:33868", &row.address);
	if (i == 3) { /* the renewal of 0, which ends soon */
		row.expires_ns = in->start_ns + 100000 * MS;
	} else if (i == 5) {
		row.resume_count = 300;
		row.has_resume_rand = true;
		endpoint_read("[2001:db8::5]:5005", &row.address);
	} else if (i == 6) { /* near the ends of its COUNTs */
		row.has_count_up = row.has_count_down = true;
		row.count_up = COUNT_USED_UP - 100;
		row.count_down = COUNT_USED_UP - 10;
		endpoint_read("10.0.0.6:5006", &row.address);
	} else if (i ==
		   7) { /* near the end of its resumption Counts, and half of its COUNTs gone */
		row.resume_count = 65535;
		row.has_count_up = true;
		row.count_up = COUNT_REKEY_FROM - 20;
	}
	return row;
}

struct input input_begin(const uint8_t *data, size_t len, uint64_t now_ns)
{
	struct input in = {.rd = rd_of(data, len), .start_ns = now_ns, .now_ns = now_ns};
	unsigned how = (unsigned)rd_uint(&in.rd, 1);

	config_defaults(&in.config);
	in.two_workers = how & 1;
	in.narrow = (how & 6) == 6;
	in.room = (uint8_t)(how >> 4);
	in.burst = (uint16_t)(1 + rd_uint(&in.rd, 1));
	return in;
}

bool input_done(const struct input *in)
{
	return rd_done(&in->rd);
}

void input_install(const struct input *in, struct rig *r)
{
	struct sa_row row[INPUT_SAS];
	uint32_t slot;

	for (unsigned i = 0; i < INPUT_SAS; i++)
		row[i] = make_row(in, i);
	rig_install(r, row, INPUT_SAS);
	/* Two that have been attacked for long. */
	slot = sa_table_find(r->sas, input_key_id[0]);
	r->sas->up[slot].failures = BUDGET_SPENT - 3;
	slot = sa_table_find(r->sas, input_key_id[2]);
	r->sas->up[slot].failures = BUDGET_SUSPECT - 5;
	r->config.eea = (struct config_priority){2, {EEA2, EEA0}};
	r->config.eia = (struct config_priority){2, {EIA3, EIA1}};
	r->config.allow_eea0 = true;
}

void input_look(struct input *in, const struct sa_table *t)
{
	for (unsigned i = 0; i < INPUT_SAS; i++) {
		uint32_t slot = sa_table_find(t, input_key_id[i]);
		const struct sa_up *u = &t->up[slot];

		in->sa[i] = (struct input_sa){
			.next = u->seen ? u->top + 1 : 0,
			.n = t->root[slot].m,
			.algs = u->algs,
			.installed = u->installed,
			.epoch = u->epoch,
		};
	}
	in->frames = 0;
}

/* A value near `next`, or far from it. */
static uint32_t near(struct input *in, uint32_t next, unsigned how)
{
	switch (how & 3) {
	case 0:
		return next;
	case 1:
		return next + (uint32_t)(int8_t)rd_uint(&in->rd, 1);
	case 2:
		return next + 0x10000 + (uint32_t)(int8_t)rd_uint(&in->rd, 1);
	default:
		return (uint32_t)rd_uint(&in->rd, 4);
	}
}

static size_t write_tag(struct input *in, struct wr *w, size_t len, bool right)
{
	uint8_t tag[TAG_LONG] = {0};

	memset(tag, right ? INPUT_RIGHT : 0, 2);
	memcpy(tag + 2, &in->serial, 2);
	wr_bytes(w, tag, len);
	return w->len;
}

static bool long_tag(unsigned sa)
{
	return sa == 1 || sa == 3 || sa == 7;
}

/* how: END, a wrong tag, epoch or algorithm, and two bits of COUNT. */
static size_t make_data(struct input *in, unsigned sa, unsigned how, uint8_t *msg)
{
	struct input_sa *s = &in->sa[sa];
	uint32_t count = near(in, s->next, how >> 4);
	struct wr w = wr_of(msg, INPUT_FRAME_MAX);

	if (count >= s->next)
		s->next = count + 1;
	wr_uint(&w, 0x11, 1);
	wr_uint(&w, sa << 3 | (long_tag(sa) ? SDT_T : 0) | (how & 1 ? SDT_END : 0), 1);
	wr_uint(&w, how & 8 ? s->installed : s->algs, 1);
	wr_uint(&w, s->epoch + (how >> 2 & 1), 1);
	wr_uint(&w, input_key_id[sa], 4);
	wr_uint(&w, count, 4);
	wr_uint(&w, in->serial, 1 + sa);
	return write_tag(in, &w, long_tag(sa) ? TAG_LONG : TAG_SHORT, !(how & 2));
}

static size_t make_resume(struct input *in, unsigned sa, unsigned how, uint8_t *msg)
{
	struct input_sa *s = &in->sa[sa];
	uint32_t n = near(in, s->n, how >> 4);
	struct wr w = wr_of(msg, INPUT_FRAME_MAX);
	uint8_t rand[RAND_LEN] = {(uint8_t)in->serial};

	wr_uint(&w, 0x12, 1);
	wr_uint(&w, sa << 3 | (long_tag(sa) ? SDT_T : 0) | (how & 1 ? SDT_END : 0), 1);
	wr_uint(&w, how & 8 ? s->algs : s->installed, 1);
	wr_uint(&w, n + (how >> 2 & 1), 1);
	wr_uint(&w, input_key_id[sa], 4);
	wr_uint(&w, n, 4);
	wr_bytes(&w, rand, sizeof(rand));
	wr_uint(&w, how & 0x80 ? rd_uint(&in->rd, 1) & 0xef : 0, 1);
	wr_uint(&w, in->serial, 1 + sa);
	/* The sender goes on as if it were accepted. */
	if (!(how & 2) && n >= s->n)
		*s = (struct input_sa){1, n + 1, s->installed, s->installed, (uint8_t)n};
	return write_tag(in, &w, TAG_LONG, !(how & 2));
}

static size_t make_mt(struct input *in, unsigned sa, unsigned how, uint8_t *msg)
{
	struct sa_row row = make_row(in, sa);
	uint32_t key_id = how & 2 ? input_key_id[how & 4 ? sa : (sa + 1) % INPUT_SAS] : 0;
	struct core_hdr h = rig_mt(how >> 3, how & 1 ? CORE_HOLD : 0, key_id, row.identity);
	static const uint16_t lengths[] = {0, 1, 7, 8, 40, 1358, 1359, 1};
	struct wr w = wr_of(msg, INPUT_FRAME_MAX);

	if (sa == GROUP)
		h = (struct core_hdr){.version_type = 0x13, .key_id = be32_of(key_id)};
	wr_bytes(&w, &h, sizeof(h));
	memset(wr_take(&w, lengths[how >> 5]), (int)in->serial, lengths[how >> 5]);
	return w.len;
}

/* Where messages of an SA come from: four addresses, of either IP version. */
static struct endpoint address(unsigned which)
{
	static const char *const text[] = {"10.0.0.1:1001", "10.0.0.1:1002", "[2001:db8::1]:1003",
					   "10.0.0.6:5006"};
	struct endpoint e;

	endpoint_read(text[which & 3], &e);
	return e;
}

static size_t raw_frame(struct input *in, uint8_t *frame)
{
	size_t n = (size_t)rd_uint(&in->rd, 1);
	const uint8_t *p = rd_take(&in->rd, n);

	if (!p || n == 0)
		return 0;
	memcpy(frame, p, n);
	return n;
}

/* Octets from the input in place of the message's, or of a part of it. */
static void spoil(struct input *in, uint8_t *msg, size_t len)
{
	size_t at = (size_t)rd_uint(&in->rd, 1);

	if (at < len)
		msg[at] ^= (uint8_t)rd_uint(&in->rd, 1);
}

enum op { DATA, DATA_TOO, RESUME, MT, AGAIN, SPOILT, RAW, CLOCK };

static size_t access_message(struct input *in, enum op op, unsigned sa, unsigned how)
{
	if (op == AGAIN)
		return in->last_len;
	if (op == RESUME)
		return make_resume(in, sa, how, in->last);
	in->last_len = how & 0x80 && op == SPOILT ? make_resume(in, sa, how & 0x7f, in->last)
						  : make_data(in, sa, how, in->last);
	if (op == SPOILT)
		spoil(in, in->last, in->last_len);
	return in->last_len;
}

static size_t mt_frame(struct input *in, unsigned sa, unsigned how, uint8_t *frame)
{
	struct route route = route_mt(&in->config, 0);
	uint8_t msg[INPUT_FRAME_MAX];

	return build_udp(&route, msg, make_mt(in, sa, how, msg), frame);
}

/* b: which SA's, and from which address. */
static size_t access_frame(struct input *in, enum op op, unsigned b, unsigned how, uint8_t *frame)
{
	struct endpoint from = address(b >> 6);
	struct route route = route_up(&in->config, &from);

	in->last_len = access_message(in, op, b >> 3 & 7, how);
	return in->last_len ? build_udp(&route, in->last, in->last_len, frame) : 0;
}

static void step_clock(struct input *in, unsigned how)
{
	static const uint32_t steps_ms[] = {0, 1, 400, 999, 1000, 9000, 30000, 101000};

	in->now_ns += steps_ms[how & 7] * MS;
}

size_t input_frame(struct input *in, enum side *side, uint8_t frame[INPUT_FRAME_MAX])
{
	unsigned b, how;
	struct rd before = in->rd;
	enum side of;
	enum op op;

	if (input_done(in))
		return 0;
	b = (unsigned)rd_uint(&in->rd, 1);
	op = (enum op)(b & 7);
	how = (unsigned)rd_uint(&in->rd, 1);
	if (op == CLOCK) {
		step_clock(in, how);
		return 0;
	}
	of = op == MT || (op == RAW && b >> 6 & 1) ? CORE : ACCESS;
	if (in->frames > 0 && of != in->side) { /* a round has frames of one side */
		in->rd = before;
		return 0;
	}
	in->side = *side = of;
	in->frames++;
	in->serial++;
	if (op == RAW)
		return raw_frame(in, frame);

	return op == MT ? mt_frame(in, b >> 3 & 7, how, frame)
			: access_frame(in, op, b, how, frame);
}
