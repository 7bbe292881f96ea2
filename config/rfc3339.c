#include "config/rfc3339.h"

#include <stdio.h>
#include <time.h>

enum { DAY_S = 86400 };

static const int64_t year_10000 = INT64_C(253402300800);

/* Reads exactly n digits and the character behind them, where one is asked for. */
static bool take_number(const char **s, int n, char behind, int *v)
{
	*v = 0;
	for (int i = 0; i < n; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		*v = *v * 10 + (**s - '0');
	}
	if (behind && *(*s)++ != behind)
		return false;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **s, int64_t *days)
{
	int year, month, day;
	int64_t before;

	if (!take_number(s, 4, '-', &year) || !take_number(s, 2, '-', &month) ||
	    !take_number(s, 2, '\0', &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || year < 1)
		return false;
	before = year - 1;
	*days = before * 365 + before / 4 - before / 100 + before / 400 - 719162 + day - 1;
	for (int m = 1; m < month; m++)
		*days += days_in_month(year, m);
	return true;
}

static bool take_zone(const char **s, int *offset_s)
{
	int sign = **s == '-' ? -1 : 1;
	int hours, minutes;

	*offset_s = 0;
	if (**s == 'Z' || **s == 'z') {
		(*s)++;
		return true;
	}
	if (*(*s) != '+' && *(*s) != '-')
		return false;
	(*s)++;
	if (!take_number(s, 2, ':', &hours) || !take_number(s, 2, '\0', &minutes) || hours > 23 ||
	    minutes > 59)
		return false;
	*offset_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* A fraction of a second, where there is one. */
static bool take_fraction(const char **s, uint32_t *ns)
{
	uint32_t unit = 100000000;

	*ns = 0;
	if (**s != '.')
		return true;
	if (*++*s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++, unit /= 10)
		*ns += (uint32_t)(**s - '0') * unit;
	return true;
}

bool rfc3339_read(const char *s, int64_t *t, uint32_t *ns)
{
	int hour, minute, second, offset_s;
	int64_t days, found;
	uint32_t fraction;

	if (!take_date(&s, &days) || (*s != 'T' && *s != 't' && *s != ' '))
		return false;
	s++;
	if (!take_number(&s, 2, ':', &hour) || !take_number(&s, 2, ':', &minute) ||
	    !take_number(&s, 2, '\0', &second) || hour > 23 || minute > 59 || second > 60)
		return false;
	if (!take_fraction(&s, &fraction) || !take_zone(&s, &offset_s) || *s != '\0')
		return false;
	found = days * DAY_S + hour * INT64_C(3600) + minute * INT64_C(60) + second - offset_s;
	/* RFC 3339 5.7: second 60 is the last of a day in UTC. */
	if (second == 60 && found % DAY_S != 0)
		return false;
	if (found < 0 || found >= year_10000)
		return false;
	*t = found;
	*ns = fraction;
	return true;
}

const char *rfc3339_write(int64_t t, uint32_t ns, char out[RFC3339_TEXT])
{
	struct tm tm;
	time_t time = t;
	size_t n = 0;

	if (gmtime_r(&time, &tm))
		n = strftime(out, RFC3339_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	if (ns)
		snprintf(out + n, RFC3339_TEXT - n, ".%09uZ", ns);
	else
		snprintf(out + n, RFC3339_TEXT - n, "Z");
	return out;
}
