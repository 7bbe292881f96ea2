#include "dataplane/api/event.h"

#define X(sym, name, value, meaning) name,
static const char *const names[EVENT_COUNT] = {EVENTS(X)};
#undef X

#define X(sym, name, value, meaning) value,
static const char *const values[EVENT_COUNT] = {EVENTS(X)};
#undef X

#define X(sym, name, value, meaning) meaning,
static const char *const meanings[EVENT_COUNT] = {EVENTS(X)};
#undef X

const char *event_name(unsigned type)
{
	return type < EVENT_COUNT ? names[type] : "?";
}

const char *event_value(unsigned type)
{
	return type < EVENT_COUNT ? values[type] : "?";
}

const char *event_meaning(unsigned type)
{
	return type < EVENT_COUNT ? meanings[type] : "?";
}
