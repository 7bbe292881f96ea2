#include "config/slurp.h"

#include "crypto/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM_MIN = 65536 };

/* In place of realloc, which leaves the old copy behind. */
static int grow_to(struct slurp *s, size_t room)
{
	char *text = malloc(room);

	if (!text)
		return -ENOMEM;
	if (s->len > 0)
		memcpy(text, s->text, s->len);
	if (s->text)
		secret_wipe(s->text, s->len);
	free(s->text);
	s->text = text;
	s->room = room;
	return 0;
}

static int read_all(int fd, size_t max, struct slurp *s)
{
	for (;;) {
		ssize_t n = read(fd, s->text + s->len, s->room - s->len);

		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s->len += (size_t)n;
		if (s->len > max)
			return -EFBIG;
		if (s->len == s->room && grow_to(s, 2 * s->room) != 0)
			return -ENOMEM;
	}
}

int slurp_file(const char *path, size_t max, struct slurp *s, FILE *errors)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int err;

	*s = (struct slurp){0};
	if (fd < 0 || fstat(fd, &st) != 0) {
		err = -errno;
		goto done;
	}
	/* One octet more than a regular file holds: its end is then seen without growing. */
	err = grow_to(s, st.st_size >= ROOM_MIN && (size_t)st.st_size <= max
				 ? (size_t)st.st_size + 1
				 : ROOM_MIN);
	if (err == 0)
		err = read_all(fd, max, s);
done:
	if (fd >= 0)
		close(fd);
	if (err != 0) {
		fprintf(errors, "%s: cannot be read: %s\n", path, strerrordesc_np(-err));
		slurp_free(s);
	}
	return err;
}

void slurp_free(struct slurp *s)
{
	if (s->text)
		secret_wipe(s->text, s->len);
	free(s->text);
	*s = (struct slurp){0};
}
