#include "dataplane/device.h"
#include "dataplane/preflight.h"

#include <rte_build_config.h>

#include <errno.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TEXT_MAX = 512, PATH_TEXT = 384 };

/* Virtual devices whose name is not their driver's file. */
static const char *driver_file(const char *driver)
{
	if (strcmp(driver, "net_virtio_user") == 0)
		return "net_virtio";
	return strcmp(driver, "net_tun") == 0 ? "net_tap" : driver;
}

static bool driver_there(struct preflight *p, const char *side, const char *device)
{
	char driver[DEVICE_NAME_MAX], path[PATH_TEXT];

	device_driver(device, driver);
	snprintf(path, sizeof(path), "%s/librte_%s.so", RTE_EAL_PMD_PATH, driver_file(driver));
	if (strncmp(driver, "net_", 4) == 0 && access(path, R_OK) == 0)
		return true;
	preflight_found(p, FAILS, side, "apt-get install dpdk; or another device",
			"%s: DPDK has no driver %s here", device, driver);
	return false;
}

static uint32_t flags_of(int fd, const char *name)
{
	struct ifreq r = {0};

	memcpy(r.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	return ioctl(fd, SIOCGIFFLAGS, &r) == 0 ? (uint32_t)(uint16_t)r.ifr_flags : 0;
}

static bool is_veth(int fd, const char *name)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq r = {.ifr_data = (void *)&info};

	memcpy(r.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	return ioctl(fd, SIOCETHTOOL, &r) == 0 && strcmp(info.driver, "veth") == 0;
}

static void look_at_interface(struct preflight *p, const char *side, int fd, const char *name)
{
	char mend[TEXT_MAX];

	if (if_nametoindex(name) == 0) {
		preflight_found(p, FAILS, side, "ip link", "%s: there is no such interface", name);
		return;
	}
	if (!(flags_of(fd, name) & IFF_UP)) {
		snprintf(mend, sizeof(mend), "ip link set %s up", name);
		preflight_found(p, FAILS, side, mend, "%s is down", name);
		return;
	}
	if (!(flags_of(fd, name) & IFF_RUNNING)) {
		preflight_found(p, COSTS, side, "the cable, or the other end of the link",
				"%s has no carrier", name);
		return;
	}
	/* A veth hands on frames whose checksum nobody has filled in yet. */
	if (is_veth(fd, name))
		preflight_found(p, FINE, side, "ethtool -K PEER tx off, at the other end",
				"%s is up; a veth, whose other end must fill in checksums", name);
	else
		preflight_found(p, FINE, side, NULL, "%s is up", name);
}

/* Not by a socket made to try: its close takes longer than all else here. */
static bool has_capability(unsigned capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return syscall(SYS_capget, &header, data) == 0 &&
	       data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

/* Drivers on a kernel interface, and what they need. */
static void look_at_kernel_port(struct preflight *p, const char *side, const char *device)
{
	char name[IFNAMSIZ];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!has_capability(CAP_NET_RAW))
		preflight_found(p, FAILS, side,
				"run as root, or with CAP_NET_RAW and CAP_NET_ADMIN",
				"packet sockets: %s", strerrordesc_np(EPERM));
	else if (!device_argument(device, "iface", name, sizeof(name)))
		preflight_found(p, FAILS, side, "iface=NAME in its arguments",
				"%s names no interface", device);
	else
		look_at_interface(p, side, fd, name);
	if (fd >= 0)
		close(fd);
}

/* Drivers whose queues are in the arguments have one unless more are asked for. */
static void look_at_queues(struct preflight *p, const char *side, const char *device)
{
	static const struct {
		const char *driver, *argument;
		bool all; /* frames in a queue that no worker polls are lost */
	} known[] = {
		{"net_af_packet", "qpairs", true},
		{"net_af_xdp", "queue_count", true},
		{"net_virtio_user", "queues", false},
		{"net_vhost", "queues", false},
	};
	char driver[DEVICE_NAME_MAX], mend[TEXT_MAX];
	uint32_t workers = p->config->workers;

	device_driver(device, driver);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint32_t queues = device_number(device, known[i].argument);

		if (strcmp(known[i].driver, driver) != 0)
			continue;
		queues = queues ? queues : 1;
		snprintf(mend, sizeof(mend), "%s=%u in its arguments, or workers: %u",
			 known[i].argument, workers, queues);
		if (queues < workers)
			preflight_found(p, FAILS, side, mend, "%u queue%s for %u workers", queues,
					queues == 1 ? "" : "s", workers);
		else if (queues > workers && known[i].all)
			preflight_found(p, FAILS, side, mend,
					"%u queues for %u worker%s: the rest would lose frames",
					queues, workers, workers == 1 ? "" : "s");
	}
}

/* The last part of what a link below a device's folder points to, or "". */
static const char *linked_name(const char *pci, const char *link, char out[PATH_TEXT])
{
	char path[PATH_TEXT], *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s%s/%s",
		 strlen(pci) < 12 ? "0000:" : "", pci, link);
	n = readlink(path, out, PATH_TEXT - 1);
	out[n > 0 ? n : 0] = '\0';
	slash = strrchr(out, '/');
	return slash ? slash + 1 : out;
}

static void look_at_pci(struct preflight *p, const char *side, const char *device)
{
	/* mlx4 and mlx5 share the device with their kernel driver. */
	static const char *const usable[] = {"vfio-pci", "uio_pci_generic", "igb_uio", "mlx4_core",
					     "mlx5_core"};
	char pci[DEVICE_NAME_MAX], buffer[PATH_TEXT], mend[TEXT_MAX];
	const char *driver;

	device_name(device, pci);
	if (!*linked_name(pci, "subsystem", buffer)) {
		preflight_found(p, FAILS, side, "dpdk-devbind.py --status-dev net",
				"%s: there is no such PCI device", pci);
		return;
	}
	driver = linked_name(pci, "driver", buffer);
	for (size_t i = 0; i < sizeof(usable) / sizeof(usable[0]); i++) {
		if (strcmp(driver, usable[i]) == 0) {
			preflight_found(p, FINE, side, NULL, "%s is bound to %s", pci, driver);
			return;
		}
	}
	snprintf(mend, sizeof(mend), "modprobe vfio-pci; dpdk-devbind.py --bind=vfio-pci %s", pci);
	preflight_found(p, FAILS, side, mend, "%s is bound to %s", pci,
			*driver ? driver : "no driver");
}

void preflight_port(struct preflight *p, const char *side, const char *device)
{
	char driver[DEVICE_NAME_MAX];

	if (!device[0]) {
		preflight_found(p, FAILS, side, "port: net_af_packet0,iface=NAME, or a PCI address",
				"is not set");
		return;
	}
	if (device_is_pci(device)) {
		look_at_pci(p, side, device);
		return;
	}
	if (!driver_there(p, side, device))
		return;
	look_at_queues(p, side, device);
	device_driver(device, driver);
	if (strcmp(driver, "net_af_packet") == 0 || strcmp(driver, "net_af_xdp") == 0)
		look_at_kernel_port(p, side, device);
	else if (strcmp(driver, "net_tap") == 0)
		preflight_found(p, FINE, side, "ip link set IFACE address 02:00:00:00:00:aa",
				"%s: the kernel's end needs an Ethernet address of its own",
				device);
	else
		preflight_found(p, FINE, side, NULL, "%s", device);
}
