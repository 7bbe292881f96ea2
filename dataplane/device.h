/*
 * A DPDK device as the configuration names it: a PCI address, or the name of a virtual device that
 * begins with its driver's; arguments follow, separated by commas. Any thread; no errors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DEVICE_NAME_MAX = 64 };

/* The name without arguments, cut where it is longer; returns out. */
const char *device_name(const char *device, char out[DEVICE_NAME_MAX]);

/* Whether it is a PCI address: `0000:03:00.0`, or `03:00.0`. */
bool device_is_pci(const char *device);

/*
 * The value of an argument, cut to fit; NULL: it is not given. device_number: 0 where it is not
 * given or no number.
 */
const char *device_argument(const char *device, const char *name, char *out, size_t size);
uint32_t device_number(const char *device, const char *name);

/* Driver of a virtual device: its name without the number at the end, such as net_af_packet. */
const char *device_driver(const char *device, char out[DEVICE_NAME_MAX]);
