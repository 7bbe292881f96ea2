/*
 * The mapping as a file. A new one is made under another name and gets its own when it is whole, so
 * that a death leaves none half made. Whoever holds its lock is its one process.
 */
#include "crypto/secret.h"
#include "dataplane/sa_map.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* sa.h and struct sa_map_header as they lie in the file: one more with every change of theirs. */
#define LAYOUT 2U

#define MAGIC        UINT64_C(0x3150414d41535749) /* "IWSAMAP1" */
#define NEW_SUFFIX   ".new"
#define WIPE_COMMAND "`iwf-dp run --renew` wipes it and starts anew"

/* What is known of the file while it is opened. */
struct opening {
	const char *path;
	FILE *errors;
	uint32_t slots;
	char boot_id[sizeof(((struct sa_map_header *)0)->boot_id)];
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct opening *o, const char *what,
							...)
{
	va_list args;

	va_start(args, what);
	fprintf(o->errors, "%s: ", o->path);
	vfprintf(o->errors, what, args);
	fputc('\n', o->errors);
	va_end(args);
	return -EINVAL;
}

static int read_boot_id(struct opening *o)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool read = f && fgets(o->boot_id, sizeof(o->boot_id), f);

	if (f)
		fclose(f);
	o->boot_id[strcspn(o->boot_id, "\n")] = '\0';
	return read && o->boot_id[0]
		       ? 0
		       : refuse(o, "the kernel's boot id cannot be read (is /proc mounted?)");
}

/* Whether the file can be trusted and used at all, and is not in use. */
static int check_file(const struct opening *o, int fd)
{
	struct statfs fs;
	struct stat s;

	if (fstat(fd, &s) != 0 || fstatfs(fd, &fs) != 0)
		return refuse(o, "%s", strerrordesc_np(errno));
	if (!S_ISREG(s.st_mode))
		return refuse(o, "is no regular file: name another in sa.mapping");
	if (s.st_uid != geteuid())
		return refuse(o,
			      "belongs to user %u, not to this one (%u): name another file in "
			      "sa.mapping",
			      s.st_uid, geteuid());
	if ((s.st_mode & 07777) != 0600)
		return refuse(o, "has mode %04o: keys lie only in files of mode 0600",
			      s.st_mode & 07777);
	if (fs.f_type != TMPFS_MAGIC && (unsigned long)fs.f_type != HUGETLBFS_MAGIC)
		return refuse(o, "lies on a disk: name a file on tmpfs or hugetlbfs in sa.mapping");
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return refuse(o, "is in use by another process: stop that one first");
	return 0;
}

/* Whether the file still has this name, now that it is locked. */
static bool has_name(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int open_file(const struct opening *o, const char *path, int flags)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600), ret;

	if (fd < 0 && errno == ELOOP)
		return refuse(o, "is a symbolic link: name the file itself in sa.mapping");
	if (fd < 0 && errno == ENOENT && !(flags & O_CREAT))
		return -ENOENT;
	if (fd < 0)
		return refuse(o, "cannot be opened: %s", strerrordesc_np(errno));
	ret = check_file(o, fd);
	if (ret == 0 && !has_name(fd, path))
		ret = refuse(o, "is being made by another process: stop that one first");
	if (ret == 0)
		return fd;
	if (flags & O_CREAT)
		unlink(path);
	close(fd);
	return ret;
}

static struct sa_map *map_file(const struct opening *o, int fd, size_t octets)
{
	struct sa_map *m = calloc(1, sizeof(*m));

	if (!m) {
		refuse(o, "out of memory");
		return NULL;
	}
	m->fd = fd;
	m->octets = octets;
	m->header = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (m->header == MAP_FAILED) {
		refuse(o, "%zu MiB cannot be mapped: %s", octets >> 20, strerrordesc_np(errno));
		free(m);
		return NULL;
	}
	madvise(m->header, octets, MADV_DONTDUMP);
	madvise(m->header, octets, MADV_HUGEPAGE); /* where tmpfs gives them */
	/* Keys stay off the swap disk, and workers wait for no page; where the limit allows it. */
	mlock2(m->header, octets, MLOCK_ONFAULT);
	return m;
}

/* The file's size: whole pages of its file system. */
static size_t file_octets(const struct opening *o, int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		fs.f_bsize = 4096;
	return sa_map_octets(o->slots, (size_t)fs.f_bsize);
}

/* All zero but for the header; named last. */
static struct sa_map *fill_new(const struct opening *o, int fd, const char *temporary)
{
	size_t octets = file_octets(o, fd);
	struct sa_map *m;

	/* Memory is short now or never. */
	if (ftruncate(fd, 0) != 0 || fallocate(fd, 0, 0, (off_t)octets) != 0) {
		refuse(o,
		       "no room for %u slots (%zu MiB): give its file system more, or lower "
		       "sa.slots",
		       o->slots, octets >> 20);
		return NULL;
	}
	m = map_file(o, fd, octets);
	if (!m)
		return NULL;
	m->header->magic = MAGIC;
	m->header->layout = LAYOUT;
	m->header->slots = o->slots;
	m->header->incarnation = 1;
	m->header->oldest_free = SA_NONE;
	memcpy(m->header->boot_id, o->boot_id, sizeof(o->boot_id));
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, o->path, RENAME_NOREPLACE) == 0)
		return m;
	refuse(o, "cannot be made: %s", strerrordesc_np(errno));
	munmap(m->header, octets);
	free(m);
	return NULL;
}

static struct sa_map *make_file(const struct opening *o)
{
	char temporary[PATH_MAX];
	struct sa_map *m;
	int fd;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s" NEW_SUFFIX, o->path) >=
	    sizeof(temporary)) {
		refuse(o, "is too long a name");
		return NULL;
	}
	fd = open_file(o, temporary, 0); /* what a death has left of another */
	if (fd == -ENOENT)
		fd = open_file(o, temporary, O_CREAT | O_EXCL);
	if (fd < 0)
		return NULL;
	m = fill_new(o, fd, temporary);
	if (m)
		return m;
	unlink(temporary);
	close(fd);
	return NULL;
}

/* Keys of the last use must not wait in free memory for somebody to read them. */
static int wipe_file(const struct opening *o, int fd)
{
	struct stat s;
	void *at;

	if (fstat(fd, &s) != 0)
		return refuse(o, "%s", strerrordesc_np(errno));
	if (s.st_size > 0) {
		at = mmap(NULL, (size_t)s.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (at == MAP_FAILED)
			return refuse(o, "cannot be wiped: %s", strerrordesc_np(errno));
		secret_wipe(at, (size_t)s.st_size);
		munmap(at, (size_t)s.st_size);
	}
	if (unlink(o->path) != 0)
		return refuse(o, "cannot be removed: %s", strerrordesc_np(errno));
	return 0;
}

/* sdt.md 6: what a process before this one has left; taken as it is, or not at all. */
static struct sa_map *take_file(const struct opening *o, int fd)
{
	struct sa_map_header h;
	struct stat s;
	struct sa_map *m;

	if (fstat(fd, &s) != 0 || pread(fd, &h, sizeof(h), 0) != sizeof(h) || h.magic != MAGIC ||
	    h.never_used > h.slots) {
		refuse(o, "is no SA table, or cut: " WIPE_COMMAND);
		return NULL;
	}
	if (h.layout != LAYOUT) {
		refuse(o, "has layout %u, this program's is %u: " WIPE_COMMAND, h.layout, LAYOUT);
		return NULL;
	}
	if (h.slots != o->slots) {
		refuse(o, "has %u slots, but sa.slots is %u: " WIPE_COMMAND, h.slots, o->slots);
		return NULL;
	}
	if (memcmp(h.boot_id, o->boot_id, sizeof(h.boot_id)) != 0) { /* lint-ok: public */
		refuse(o, "is from before the host was started: " WIPE_COMMAND);
		return NULL;
	}
	if ((size_t)s.st_size != file_octets(o, fd)) {
		refuse(o, "has %lld octets, not %zu, so SAs are lost: " WIPE_COMMAND,
		       (long long)s.st_size, file_octets(o, fd));
		return NULL;
	}
	m = map_file(o, fd, (size_t)s.st_size);
	if (m)
		m->header->incarnation++;
	return m;
}

struct sa_map *sa_map_open(const char *path, uint32_t slots, bool renew, bool *fresh, FILE *errors)
{
	struct opening o = {.path = path, .errors = errors, .slots = slots};
	struct sa_map *m = NULL;
	int fd;

	if (read_boot_id(&o) != 0)
		return NULL;
	fd = open_file(&o, path, 0);
	*fresh = renew || fd == -ENOENT;
	if (fd < 0)
		return *fresh && fd == -ENOENT ? make_file(&o) : NULL;
	if (!renew)
		m = take_file(&o, fd);
	else if (wipe_file(&o, fd) == 0)
		m = make_file(&o);
	if (!m || m->fd != fd)
		close(fd);
	return m;
}
