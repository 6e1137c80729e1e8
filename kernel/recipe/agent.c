/*
 * The lab's agent in a guest. It listens on ctl0, whose frames never mix with the traffic under test, runs commands, and
 * plays the steps of a scenario: echo requests and datagrams with the lab's own payload, so that who receives them knows
 * which packet of which step it holds. Beside it every guest has the two services of a simulated host: UDP 7 echoes,
 * UDP 9 takes. A guest that is a host has two more, once it is told so: bytes over TCP, and names.
 *
 * A frame is: Ethernet header (type 0x88b5), job (u32, big-endian), kind (one byte), text or bytes.
 *   lab → agent  x COMMAND        runs it with /bin/sh -c
 *                p STEP COUNT INTERVAL_NS SIZE DF TOS TTL ADDRESS    echo requests
 *                s STEP COUNT INTERVAL_NS SIZE DF TOS TTL PORT_FROM PORT ADDRESS   datagrams
 *                t STEP CONGESTION PROBING ECN WINDOW UP DOWN DEADLINE_NS PORT_FROM PORT ADDRESS   bytes over TCP
 *                d STEP FAMILY POOL NAME SERVER...    asks for a name; servers of tunnels are in /run/dns
 *                i INTERFACE      from now on a copy of every packet of this interface
 *                h                is a host: TCP on 7, 9, 19, 22, 80 and 443, names of /run/names on UDP 53
 *                k                from now on what the kernel says about WireGuard
 *   agent → lab  o BYTES          output of a command
 *                e STATUS         the command or the step is over
 *                r WHAT [SEQ]     sent, answered, error TEXT; icmp SEQ FAMILY TYPE CODE INFO: an error came for it;
 *                                 of TCP: connected, late, moved BYTES RESENT MSS; of names: to SERVER, has ADDRESSES, none
 *                a STEP SEQ       a datagram of a step has arrived (job 0)
 *                b STEP BYTES     so many bytes of a TCP step have arrived here
 *                f STEP TEXT      what is wrong with them
 *                I d PACKET       d: > leaves through, < comes out of the interface
 *                k TEXT           the kernel's words (job 0)
 *
 * As a command: `agent drift PPM` changes the speed of the clock, `agent slew SECONDS NANOSECONDS` sets it right, to the
 * time of day given, by running faster or slower.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LAB_TYPE = 0x88b5, HEAD = 14 + 5, ROOM = 9000, MOST = 256, MOST_PAYLOAD = 65507 };
/* As ping: so long it waits for the last answers. */
#define LINGER_NS 10000000000LL

enum what { NOTHING, COMMAND, STEP, TIMER, SERVICE, TAP, LISTENER, STREAM, LOOKUP, WORDS };

struct stream;
struct lookup;

struct job {
	enum what what;
	int fd;
	short events;			/* 0: nothing is of interest now */
	int fresh;			/* not asked yet */
	uint32_t id;
	pid_t child;			/* COMMAND */
	struct job *other;		/* STEP, STREAM, LOOKUP: its timer; TIMER: whose */
	struct stream *stream;
	struct lookup *lookup;
	int ping, family, port;
	uint32_t step, count, sent, answered, size, identity;
	int64_t interval;
	uint8_t *seen;
	struct sockaddr_storage to;
	socklen_t to_length;
};

static struct job jobs[MOST];
static int control, control_index;
static uint8_t payload[MOST_PAYLOAD + 8];

static void tell(uint32_t id, char kind, const void *data, size_t length)
{
	static uint8_t frame[HEAD + ROOM];
	static const uint8_t head[14] = { 2, 0, 0, 0, 2, 0, 2, 0, 0, 0, 1, 0, LAB_TYPE >> 8, LAB_TYPE & 255 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = control_index, .sll_halen = 6 };
	uint32_t number = htonl(id);

	if (length > ROOM - HEAD)
		length = ROOM - HEAD;
	memcpy(frame, head, 14);
	memcpy(frame + 14, &number, 4);
	frame[18] = kind;
	memcpy(frame + HEAD, data, length);
	memcpy(to.sll_addr, head, 6);
	while (sendto(control, frame, HEAD + length, 0, (void *)&to, sizeof to) < 0 && (errno == EINTR || errno == ENOBUFS))
		;
}

static void tell_text(uint32_t id, char kind, const char *format, ...)
{
	char text[512];
	va_list arguments;

	__builtin_va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	__builtin_va_end(arguments);
	tell(id, kind, text, strlen(text));
}

static struct job *new_job(enum what what, int fd, uint32_t id)
{
	for (int i = 0; i < MOST; i++) {
		if (jobs[i].what != NOTHING)
			continue;
		jobs[i] = (struct job){ .what = what, .fd = fd, .id = id, .events = POLLIN, .fresh = 1 };
		return &jobs[i];
	}
	close(fd);
	return NULL;
}

static void end_job(struct job *job)
{
	if (job->fd >= 0)
		close(job->fd);
	free(job->seen);
	free(job->stream);
	free(job->lookup);
	job->what = NOTHING;
}

/* The lab's payload: step and packet, 32 bits each, big-endian, and a pattern. */
static void write_payload(uint8_t *to, uint32_t size, uint32_t step, uint32_t seq)
{
	uint32_t words[2] = { htonl(step), htonl(seq) };

	for (uint32_t i = 0; i < size; i++)
		to[i] = i + ((seq & 0x3f) << 2);
	if (size >= 8)
		memcpy(to, words, 8);
}

static int payload_is(const uint8_t *bytes, uint32_t size, uint32_t step, uint32_t seq)
{
	static uint8_t wanted[MOST_PAYLOAD + 8];

	write_payload(wanted, size, step, seq);
	return memcmp(bytes, wanted, size) == 0;
}

static uint32_t word(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static void run_command(uint32_t id, const char *command)
{
	int ends[2];
	struct job *job;

	if (pipe2(ends, O_CLOEXEC) < 0 || !(job = new_job(COMMAND, ends[0], id))) {
		tell_text(id, 'e', "125");
		return;
	}
	job->child = fork();
	if (job->child == 0) {
		int nothing = open("/dev/null", O_RDONLY);

		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(nothing, 0);
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		setsid();
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
}

static void command_output(struct job *job)
{
	char chunk[ROOM - HEAD];
	ssize_t got = read(job->fd, chunk, sizeof chunk);

	if (got > 0) {
		tell(job->id, 'o', chunk, got);
		return;
	}
	close(job->fd);
	job->fd = -1;
}

/* A command is over when its shell has ended: what that left in the background may hold the pipe open for ever. */
static void reap(void)
{
	int status;
	pid_t child;

	while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < MOST; i++) {
			struct job *job = &jobs[i];
			char chunk[ROOM - HEAD];
			ssize_t got;

			if (job->what != COMMAND || job->child != child)
				continue;
			if (job->fd >= 0)
				fcntl(job->fd, F_SETFL, O_NONBLOCK);
			while (job->fd >= 0 && (got = read(job->fd, chunk, sizeof chunk)) > 0)
				tell(job->id, 'o', chunk, got);
			tell_text(job->id, 'e', "%d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
			end_job(job);
		}
	}
}

static int address_of(const char *text, int port, struct sockaddr_storage *to, socklen_t *length)
{
	struct sockaddr_in *v4 = (void *)to;
	struct sockaddr_in6 *v6 = (void *)to;

	memset(to, 0, sizeof *to);
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*length = sizeof *v4;
		return AF_INET;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		return -1;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	*length = sizeof *v6;
	return AF_INET6;
}

static void set(int fd, int level, int name, int value)
{
	setsockopt(fd, level, name, &value, sizeof value);
}

/* DF as asked for, and never by what path MTU discovery thinks. */
static void set_df(int fd, int family, int df)
{
	if (family == AF_INET)
		set(fd, IPPROTO_IP, IP_MTU_DISCOVER, df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
	else {
		set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, df ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT);
		set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, df);
	}
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void arm(struct job *timer, int64_t ns)
{
	struct itimerspec when = { .it_value = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 } };

	timerfd_settime(timer->fd, 0, &when, NULL);
}

static void step_over(struct job *step)
{
	tell_text(step->id, 'e', "0");
	if (step->other)
		end_job(step->other);
	/* Answers that come later are seen by nobody. */
	end_job(step);
}

static void send_one(struct job *step)
{
	uint32_t seq = ++step->sent;
	uint8_t *at = payload;
	size_t length = step->size;
	int before;
	socklen_t room = sizeof before;

	if (step->ping) {
		uint16_t fields[4] = { step->family == AF_INET ? htons(ICMP_ECHO << 8) : htons(ICMP6_ECHO_REQUEST << 8), 0,
				       htons(step->identity), htons(seq & 0xffff) };

		memcpy(payload, fields, 8);
		at += 8;
		length += 8;
	}
	write_payload(at, step->size, step->step, seq);
	if (step->ping && step->family == AF_INET) {
		uint32_t sum = 0;

		for (size_t i = 0; i < length; i++)
			sum += i & 1 ? payload[i] : payload[i] << 8;
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		payload[2] = ~sum >> 8;
		payload[3] = ~sum;
	}
	tell_text(step->id, 'r', "sent %u", seq);
	/* An error that came for an earlier one is in the queue, and does not keep this one back. */
	getsockopt(step->fd, SOL_SOCKET, SO_ERROR, &before, &room);
	if (sendto(step->fd, payload, length, 0, (void *)&step->to, step->to_length) < 0)
		tell_text(step->id, 'r', "error %u %s", seq, strerror(errno));
}

/* All datagrams are sent. The program does not end with them: late answers find it, and no port is unreachable. */
static void step_listens(struct job *step)
{
	tell_text(step->id, 'e', "0");
	end_job(step->other);
	step->other = NULL;
}

static void step_due(struct job *timer)
{
	struct job *step = timer->other;
	uint64_t times;

	if (read(timer->fd, &times, sizeof times) < 0)
		return;
	if (step->sent == step->count) {
		if (step->ping)
			step_over(step);
		else
			step_listens(step);
		return;
	}
	do
		send_one(step);
	while (step->interval == 0 && step->sent < step->count);
	if (step->sent < step->count)
		arm(timer, step->interval);
	else if (!step->ping || step->answered == step->count)
		arm(timer, 1);
	else
		arm(timer, LINGER_NS);
}

static void answer(struct job *step, uint32_t seq)
{
	if (seq < 1 || seq > step->sent || step->seen[seq >> 3] & 1 << (seq & 7))
		return;
	step->seen[seq >> 3] |= 1 << (seq & 7);
	step->answered++;
	tell_text(step->id, 'r', "answered %u", seq);
	if (step->ping && step->answered == step->count)
		step_over(step);
}

/* ICMP errors for what a step sent, with as much of it as they quote. */
static void step_errors(struct job *step)
{
	uint8_t bytes[64];
	char extra[512];
	struct iovec piece = { bytes, sizeof bytes };
	ssize_t got;

	for (;;) {
		struct msghdr message = { NULL, 0, &piece, 1, extra, sizeof extra, 0 };
		uint32_t seq = 0;

		got = recvmsg(step->fd, &message, MSG_ERRQUEUE);
		if (got < 0)
			return;
		if (step->ping && got >= 8)
			seq = step->sent - ((step->sent - (bytes[6] << 8 | bytes[7])) & 0xffff);
		if (step->ping && (got < 8 || (bytes[4] << 8 | bytes[5]) != (int)step->identity))
			continue;
		if (!step->ping && got >= 8 && word(bytes) == step->step)
			seq = word(bytes + 4);
		for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
			struct sock_extended_err *error = (void *)CMSG_DATA(each);

			if (!(each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_RECVERR) &&
			    !(each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_RECVERR))
				continue;
			/* What the kernel refuses itself, who sends it is told at once. */
			if (error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6)
				tell_text(step->id, 'r', "icmp %u %d %u %u %u", seq, step->family == AF_INET ? 4 : 6,
					  error->ee_type, error->ee_code, error->ee_info);
		}
	}
}

/* Something for a step's socket: an answer, or an ICMP error for what it sent. */
static void step_input(struct job *step)
{
	static uint8_t bytes[65536];
	ssize_t got;
	const uint8_t *at = bytes;

	step_errors(step);
	got = recv(step->fd, bytes, sizeof bytes, 0);
	if (got < 0)
		return;
	if (step->ping) {
		int header = step->family == AF_INET ? (bytes[0] & 15) * 4 : 0;
		int reply = step->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;

		if (got < header + 8 || bytes[header] != reply)
			return;
		if ((bytes[header + 4] << 8 | bytes[header + 5]) != (int)step->identity)
			return;
		uint32_t low = bytes[header + 6] << 8 | bytes[header + 7];
		uint32_t seq = step->sent - ((step->sent - low) & 0xffff);

		at += header + 8;
		got -= header + 8;
		if ((uint32_t)got != step->size || !payload_is(at, got, step->step, seq)) {
			tell_text(step->id, 'r', "error %u the answer carries another payload than the request", seq);
			return;
		}
		answer(step, seq);
		return;
	}
	if (got >= 8 && word(at) == step->step && payload_is(at, got, step->step, word(at + 4)))
		answer(step, word(at + 4));
}

static void run_step(uint32_t id, int ping, const char *text)
{
	unsigned step_number, count, size, df, tos, ttl, from = 0, port = 0;
	long long interval;
	char address[64];
	struct job *step, *timer;
	int family, fd, ok;
	struct sockaddr_storage to;
	socklen_t length;

	ok = ping ? sscanf(text, "%u %u %lld %u %u %u %u %63s", &step_number, &count, &interval, &size, &df, &tos, &ttl,
			   address) == 8
		  : sscanf(text, "%u %u %lld %u %u %u %u %u %u %63s", &step_number, &count, &interval, &size, &df, &tos,
			   &ttl, &from, &port, address) == 10;
	family = ok ? address_of(address, port, &to, &length) : -1;
	if (family < 0 || size > MOST_PAYLOAD) {
		tell_text(id, 'r', "error 0 the agent can not read: %s", text);
		tell_text(id, 'e', "1");
		return;
	}
	fd = socket(family, (ping ? SOCK_RAW : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    !ping ? 0 : family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (fd < 0) {
		tell_text(id, 'r', "error 0 socket: %s", strerror(errno));
		tell_text(id, 'e', "1");
		return;
	}
	set_df(fd, family, df);
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20);
	/* A burst at one instant waits here: nothing of it has left yet. */
	set(fd, SOL_SOCKET, SO_SNDBUFFORCE, 64 << 20);
	if (family == AF_INET) {
		set(fd, IPPROTO_IP, IP_TOS, tos);
		set(fd, IPPROTO_IP, IP_TTL, ttl);
		set(fd, IPPROTO_IP, IP_RECVERR, 1);
	} else {
		set(fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
		set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
		set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	}
	if (!ping) {
		struct sockaddr_storage own = { .ss_family = family };

		((struct sockaddr_in *)&own)->sin_port = htons(from);
		bind(fd, (void *)&own, length);
	}
	step = new_job(STEP, fd, id);
	timer = step ? new_job(TIMER, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), id) : NULL;
	if (!timer) {
		if (step)
			end_job(step);
		tell_text(id, 'e', "1");
		return;
	}
	step->ping = ping;
	step->family = family;
	step->step = step_number;
	step->identity = (step_number + 1) & 0xffff;
	step->count = count;
	step->size = size;
	step->interval = interval;
	step->seen = calloc(count / 8 + 1, 1);
	step->to = to;
	step->to_length = length;
	step->other = timer;
	timer->other = step;
	/* The first one now. */
	arm(timer, 1);
}

static void open_service(int family, int port)
{
	struct sockaddr_storage own = { .ss_family = family };
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct job *job;

	if (fd < 0)
		return;
	if (family == AF_INET)
		set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	else {
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	}
	set_df(fd, family, 0);
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20);
	((struct sockaddr_in *)&own)->sin_port = htons(port);
	if (bind(fd, (void *)&own, family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) < 0 ||
	    !(job = new_job(SERVICE, fd, 0)))
		return;
	job->port = port;
	job->family = family;
}

enum { DNS = 53, DNS_HEAD = 12, TYPE_A = 1, TYPE_AAAA = 28, NAME_LENGTH = 256, MOST_SERVERS = 16 };
/* resolv.conf(5): timeout and attempts. */
#define PATIENCE_NS 5000000000LL
enum { ATTEMPTS = 2 };

struct lookup {
	uint32_t asked, turns;
	int size;
	char name[NAME_LENGTH];
	struct sockaddr_storage servers[MOST_SERVERS];
	socklen_t lengths[MOST_SERVERS];
};

static uint32_t half(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* The name of the one question of a message, and where the question ends; 0: there is no such. */
static size_t question_of(const uint8_t *message, size_t length, char name[NAME_LENGTH])
{
	size_t at = DNS_HEAD, put = 0;

	if (length < DNS_HEAD + 5 || half(message + 4) != 1)
		return 0;
	while (at < length && message[at] != 0) {
		size_t label = message[at];

		if (label > 63 || at + 1 + label >= length || put + label + 2 > NAME_LENGTH)
			return 0;
		if (put > 0)
			name[put++] = '.';
		memcpy(name + put, message + at + 1, label);
		put += label;
		at += 1 + label;
	}
	name[put] = 0;
	return at + 5 <= length ? at + 5 : 0;
}

static int address_bytes(const char *text, uint8_t *to)
{
	if (inet_pton(AF_INET, text, to) == 1)
		return 4;
	return inet_pton(AF_INET6, text, to) == 1 ? 16 : 0;
}

/*
 * Turns a question into its answer, out of /run/names: a line has a name and its addresses, or ? where nobody answers.
 * What it does not know does not exist. The length; 0: silence.
 */
static size_t name_answer(uint8_t *message, size_t length)
{
	char name[NAME_LENGTH], line[1024];
	size_t end = question_of(message, length, name);
	uint32_t type = end > 0 ? half(message + end - 4) : 0, count = 0;
	int exists = 0;
	FILE *names;

	if (end == 0 || message[2] & 0x80)
		return 0;
	names = fopen("/run/names", "re");
	while (names && fgets(line, sizeof line, names)) {
		char *rest, *each = strtok_r(line, " \n", &rest);

		if (!each || strcasecmp(each, name) != 0)
			continue;
		exists = 1;
		while ((each = strtok_r(NULL, " \n", &rest))) {
			uint8_t address[16];
			int size = address_bytes(each, address);

			if (size == 0) {
				fclose(names);
				return 0;
			}
			if (size != (type == TYPE_A ? 4 : type == TYPE_AAAA ? 16 : 0))
				continue;
			/* The name of the question, by a pointer to it; an hour is long, a minute is usual. */
			memcpy(message + end, (uint8_t[]){ 0xc0, DNS_HEAD, 0, type, 0, 1, 0, 0, 0, 60, 0, size }, 12);
			memcpy(message + end + 12, address, size);
			end += 12 + size;
			count++;
		}
	}
	if (names)
		fclose(names);
	message[2] = 0x80 | (message[2] & 1);
	message[3] = 0x80 | (exists ? 0 : 3);
	memset(message + 6, 0, 6);
	message[7] = count;
	return end;
}

static void name_over(struct job *job)
{
	tell_text(job->id, 'e', "0");
	if (job->other)
		end_job(job->other);
	end_job(job);
}

/* Asks the next server, or gives up. */
static void name_next(struct job *job)
{
	struct lookup *lookup = job->lookup;
	uint8_t message[DNS_HEAD + NAME_LENGTH + 8] = { 0, lookup->asked + 1, 1, 0, 0, 1 };

	while (lookup->asked < ATTEMPTS * lookup->turns) {
		uint32_t turn = lookup->asked++ % lookup->turns;
		struct sockaddr_storage *to = &lookup->servers[turn];
		size_t put = DNS_HEAD;
		char text[INET6_ADDRSTRLEN];
		int fd = socket(to->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		message[1] = lookup->asked;
		for (const char *label = lookup->name; *label;) {
			size_t length = strcspn(label, ".");

			message[put++] = length;
			memcpy(message + put, label, length);
			put += length;
			label += length + (label[length] == '.');
		}
		memcpy(message + put, (uint8_t[]){ 0, 0, lookup->size == 4 ? TYPE_A : TYPE_AAAA, 0, 1 }, 5);
		put += 5;
		/* A socket for each question: errors of the one before are of no interest. */
		close(job->fd);
		job->fd = fd;
		inet_ntop(to->ss_family, to->ss_family == AF_INET ? (void *)&((struct sockaddr_in *)to)->sin_addr
								 : (void *)&((struct sockaddr_in6 *)to)->sin6_addr,
			  text, sizeof text);
		tell_text(job->id, 'r', "to 1 %s", text);
		if (connect(fd, (void *)to, lookup->lengths[turn]) < 0 || send(fd, message, put, 0) < 0)
			continue;
		arm(job->other, PATIENCE_NS);
		return;
	}
	tell_text(job->id, 'r', "error 1 no resolver answers");
	name_over(job);
}

static void name_answered(struct job *job)
{
	struct lookup *lookup = job->lookup;
	uint8_t message[2048];
	char name[NAME_LENGTH], text[480] = "";
	ssize_t got = recv(job->fd, message, sizeof message, 0);
	size_t end, put = 0;

	if (got < 0) {
		/* Refused: the C library goes on with the next server at once. */
		if (errno != EAGAIN)
			name_next(job);
		return;
	}
	end = question_of(message, got, name);
	if (end == 0 || !(message[2] & 0x80) || message[1] != (uint8_t)lookup->asked || strcasecmp(name, lookup->name) != 0)
		return;
	if ((message[3] & 15) == 3) {
		tell_text(job->id, 'r', "none 1 %s", name);
		return name_over(job);
	}
	for (uint32_t i = half(message + 6); i > 0 && end + 12 <= (size_t)got; i--) {
		size_t size = half(message + end + 10);

		if (end + 12 + size > (size_t)got)
			break;
		if (size == (size_t)lookup->size && put + INET6_ADDRSTRLEN + 2 < sizeof text) {
			put += sprintf(text + put, "%s", put > 0 ? ", " : "");
			inet_ntop(size == 4 ? AF_INET : AF_INET6, message + end + 12, text + put, INET6_ADDRSTRLEN);
			put += strlen(text + put);
		}
		end += 12 + size;
	}
	tell_text(job->id, 'r', "answered 1 %s", text);
	name_over(job);
}

static void add_server(struct lookup *lookup, const char *text)
{
	if (lookup->turns < MOST_SERVERS &&
	    address_of(text, DNS, &lookup->servers[lookup->turns], &lookup->lengths[lookup->turns]) >= 0)
		lookup->turns++;
}

static int by_age(const struct dirent **a, const struct dirent **b)
{
	struct stat one, two;
	char path[300];

	snprintf(path, sizeof path, "/run/dns/%s", (*a)->d_name);
	if (stat(path, &one) < 0)
		return 0;
	snprintf(path, sizeof path, "/run/dns/%s", (*b)->d_name);
	if (stat(path, &two) < 0)
		return 0;
	return one.st_mtim.tv_sec != two.st_mtim.tv_sec ? (one.st_mtim.tv_sec < two.st_mtim.tv_sec) - (one.st_mtim.tv_sec > two.st_mtim.tv_sec)
							: (one.st_mtim.tv_nsec < two.st_mtim.tv_nsec) - (one.st_mtim.tv_nsec > two.st_mtim.tv_nsec);
}

/* Servers of the tunnels' DNS lines, those of the latest first: resolvconf has left them in /run/dns. */
static void tunnel_servers(struct lookup *lookup)
{
	struct dirent **files;
	int count = scandir("/run/dns", &files, NULL, by_age);

	for (int i = 0; i < count; i++) {
		char path[300], line[128], address[64];
		FILE *file;

		snprintf(path, sizeof path, "/run/dns/%s", files[i]->d_name);
		file = files[i]->d_name[0] == '.' ? NULL : fopen(path, "re");
		while (file && fgets(line, sizeof line, file))
			if (sscanf(line, "nameserver %63s", address) == 1)
				add_server(lookup, address);
		if (file)
			fclose(file);
		free(files[i]);
	}
	if (count >= 0)
		free(files);
}

static void ask_name(uint32_t id, char *text)
{
	static uint32_t rotation;
	struct job *job = new_job(LOOKUP, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), id);
	struct job *timer = job ? new_job(TIMER, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), id) : NULL;
	struct lookup *lookup = timer ? calloc(1, sizeof *lookup) : NULL, in_turn;
	int family = 4, pool = 0, read = 0;
	char *rest;

	if (!lookup) {
		if (job)
			end_job(job);
		tell_text(id, 'e', "1");
		return;
	}
	job->lookup = lookup;
	job->other = timer;
	timer->other = job;
	sscanf(text, "%*u %d %d %255s%n", &family, &pool, lookup->name, &read);
	lookup->size = family == 4 ? 4 : 16;
	tunnel_servers(lookup);
	if (lookup->turns == 0 || pool)
		for (char *each = strtok_r(text + read, " ", &rest); each; each = strtok_r(NULL, " ", &rest))
			add_server(lookup, each);
	if (lookup->turns == 0) {
		tell_text(id, 'r', "error 1 no resolver is set: neither `resolver` of the host nor DNS of a tunnel");
		return name_over(job);
	}
	/* A pool is asked in turn. */
	in_turn = *lookup;
	for (uint32_t i = 0; i < lookup->turns; i++) {
		lookup->servers[i] = in_turn.servers[(rotation + i) % in_turn.turns];
		lookup->lengths[i] = in_turn.lengths[(rotation + i) % in_turn.turns];
	}
	rotation++;
	name_next(job);
}

/* The answer leaves from where the question was sent to. */
static void reply(struct job *service, struct msghdr *message, size_t length)
{
	message->msg_iov->iov_len = length;
	message->msg_flags = 0;
	for (struct cmsghdr *each = CMSG_FIRSTHDR(message); each; each = CMSG_NXTHDR(message, each))
		if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO)
			((struct in_pktinfo *)CMSG_DATA(each))->ipi_ifindex = 0;
	sendmsg(service->fd, message, 0);
}

static void serve(struct job *service)
{
	static uint8_t bytes[65536];
	char extra[256];
	struct sockaddr_storage from;
	struct iovec piece = { bytes, sizeof bytes };
	struct msghdr message = { &from, sizeof from, &piece, 1, extra, sizeof extra, 0 };
	ssize_t got = recvmsg(service->fd, &message, 0);

	if (got < 0)
		return;
	if (service->port == DNS) {
		got = name_answer(bytes, got);
		if (got > 0)
			reply(service, &message, got);
		return;
	}
	if (got >= 8) {
		uint32_t step = word(bytes), seq = word(bytes + 4);

		if (payload_is(bytes, got, step, seq))
			tell_text(0, 'a', "%u %u", step, seq);
	}
	/* Two echo services must not talk to each other for ever. */
	if (service->port == 7 && ntohs(((struct sockaddr_in *)&from)->sin_port) != 7)
		reply(service, &message, got);
}

/*
 * Bytes over TCP. Who connects sends five numbers first: MAGIC, step, settings, bytes up, bytes down; then each side sends
 * its bytes, a pattern that tells the place of each, and its end. Whoever gets bytes says how many, ten times a second.
 */
enum { REQUEST = 20, PERIOD = 251, CHUNK = 65536 };
#define MAGIC 0x77676c62u
#define TELL_NS 100000000LL
/* So often who has sent and closed looks whether all of it has arrived. */
#define LOOK_NS 4000000LL
#define NEVER INT64_MAX

struct stream {
	int client, family, connected, closed, ended, sound;
	uint32_t step, up, down;
	uint64_t put, to_put, got;	/* of the streams, requests and all */
	uint64_t total, told;		/* of the bytes that count */
	int64_t told_at, tell_at, deadline, look_at;
	uint8_t head[REQUEST];
};

static void write_setting(const char *name, unsigned value)
{
	char path[96], text[16];
	int fd;

	snprintf(path, sizeof path, "/proc/sys/net/ipv4/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, text, sprintf(text, "%u", value)) < 0)
		perror(path);
	close(fd);
}

static const uint8_t *pattern_at(uint64_t place)
{
	static uint8_t pattern[CHUNK + PERIOD];

	if (pattern[1] == 0)
		for (int i = 0; i < CHUNK + PERIOD; i++)
			pattern[i] = i % PERIOD;
	return pattern + place % PERIOD;
}

static void stream_timer(struct job *job)
{
	struct stream *stream = job->stream;
	int64_t due = stream->deadline < stream->tell_at ? stream->deadline : stream->tell_at, now = now_ns();

	if (stream->look_at < due)
		due = stream->look_at;
	if (due == NEVER)
		timerfd_settime(job->other->fd, 0, &(struct itimerspec){ 0 }, NULL);
	else
		arm(job->other, due > now ? due - now : 1);
}

static void stream_tell(struct job *job)
{
	struct stream *stream = job->stream;

	stream->tell_at = NEVER;
	if (stream->total == stream->told)
		return;
	stream->told = stream->total;
	stream->told_at = now_ns();
	tell_text(job->id, 'b', "%u %llu", stream->step, (unsigned long long)stream->total);
}

static void stream_over(struct job *job)
{
	end_job(job->other);
	end_job(job);
}

/* What a client has moved: what was acknowledged, and what arrived. */
static void stream_moved(struct job *job)
{
	struct stream *stream = job->stream;
	struct tcp_info info = { 0 };
	socklen_t length = sizeof info;
	int waiting = 0;
	uint64_t up;

	getsockopt(job->fd, IPPROTO_TCP, TCP_INFO, &info, &length);
	ioctl(job->fd, SIOCOUTQ, &waiting);
	up = stream->put > (uint64_t)waiting + REQUEST ? stream->put - waiting - REQUEST : 0;
	if (up > stream->up)
		up = stream->up;
	tell_text(job->id, 'r', "moved %llu %u %u", (unsigned long long)(up + (stream->total < stream->down ? stream->total : stream->down)),
		  info.tcpi_total_retrans, info.tcpi_snd_mss);
	tell_text(job->id, 'e', "0");
}

/* It ends with what went wrong: of a service, who connected tells. */
static void stream_fails(struct job *job, const char *why)
{
	stream_tell(job);
	if (job->stream->client) {
		tell_text(job->id, 'r', "error 0 %s", why);
		stream_moved(job);
	}
	stream_over(job);
}

static void stream_completes(struct job *job)
{
	stream_tell(job);
	if (job->stream->client)
		stream_moved(job);
	stream_over(job);
}

static void stream_damaged(struct job *job)
{
	if (job->stream->sound)
		tell_text(job->id, 'f', "%u what arrived is not what was sent", job->stream->step);
	job->stream->sound = 0;
}

/* Sends what there is to send, and then its end, where nothing more is to come from it. 0: it is over. */
static int stream_send(struct job *job)
{
	struct stream *stream = job->stream;
	static uint8_t chunk[CHUNK];

	while (stream->put < stream->to_put) {
		uint64_t left = stream->to_put - stream->put;
		size_t length = left < CHUNK ? left : CHUNK;
		ssize_t put;

		memcpy(chunk, pattern_at(stream->put), length);
		if (stream->client && stream->put < REQUEST) {
			size_t head = REQUEST - stream->put;

			memcpy(chunk, stream->head + stream->put, head < length ? head : length);
		}
		put = send(job->fd, chunk, length, MSG_NOSIGNAL);
		if (put < 0 && errno != EAGAIN) {
			stream_fails(job, strerror(errno));
			return 0;
		}
		if (put < 0)
			break;
		stream->put += put;
	}
	/* Who only fetches keeps its side open until everything is there, as browsers do. */
	if (stream->put == stream->to_put && !stream->closed &&
	    (stream->client ? stream->up > 0 || stream->down == 0 : stream->down > 0 && stream->to_put > 0)) {
		shutdown(job->fd, SHUT_WR);
		stream->closed = 1;
	}
	job->events = (stream->ended ? 0 : POLLIN) | (stream->put < stream->to_put ? POLLOUT : 0);
	return 1;
}

static void service_begins(struct job *job)
{
	struct stream *stream = job->stream;
	uint32_t settings = word(stream->head + 8);
	const char *congestion = settings & 4 ? "reno" : "cubic";

	if (word(stream->head) != MAGIC) {
		struct linger now = { 1, 0 };

		setsockopt(job->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		return;
	}
	stream->step = word(stream->head + 4);
	stream->up = word(stream->head + 12);
	stream->down = stream->to_put = word(stream->head + 16);
	setsockopt(job->fd, IPPROTO_TCP, TCP_CONGESTION, congestion, strlen(congestion));
	write_setting("tcp_mtu_probing", settings & 3);
}

static void stream_got(struct job *job, const uint8_t *bytes, size_t length)
{
	struct stream *stream = job->stream;
	int64_t now = now_ns();
	uint64_t whole;

	if (!stream->client && stream->got < REQUEST) {
		size_t head = REQUEST - stream->got;

		head = head < length ? head : length;
		memcpy(stream->head + stream->got, bytes, head);
		stream->got += head;
		bytes += head;
		length -= head;
		if (stream->got == REQUEST)
			service_begins(job);
	}
	if (length == 0)
		return;
	if (memcmp(bytes, pattern_at(stream->got), length) != 0)
		stream_damaged(job);
	stream->got += length;
	stream->total += length;
	whole = stream->client ? stream->down : stream->up;
	if (stream->told == 0 || stream->total >= whole || now - stream->told_at >= TELL_NS)
		stream_tell(job);
	else if (stream->tell_at == NEVER)
		stream->tell_at = stream->told_at + TELL_NS;
}

/* The other side will send nothing more. */
static void stream_ended(struct job *job)
{
	struct stream *stream = job->stream;
	int waiting = 0;

	stream->ended = 1;
	if (!stream->client && stream->put == stream->to_put)
		return stream_completes(job);
	if (!stream->client) {
		job->events = POLLOUT;
		return stream_tell(job);
	}
	if (stream->total < stream->down)
		return stream_fails(job, "the other side ended early");
	ioctl(job->fd, SIOCOUTQ, &waiting);
	if (stream->up == 0 || (stream->put == stream->to_put && waiting == 0))
		return stream_completes(job);
	job->events = stream->put < stream->to_put ? POLLOUT : 0;
	stream->look_at = now_ns() + LOOK_NS;
	stream_timer(job);
}

static void stream_event(struct job *job, short events)
{
	static uint8_t bytes[CHUNK];
	struct stream *stream = job->stream;
	int error = 0;
	socklen_t length = sizeof error;

	if (!stream->connected) {
		getsockopt(job->fd, SOL_SOCKET, SO_ERROR, &error, &length);
		if (error != 0)
			return stream_fails(job, strerror(error));
		stream->connected = 1;
		tell_text(job->id, 'r', "connected");
	}
	if (events & POLLOUT || stream->client)
		if (!stream_send(job))
			return;
	for (int i = 0; i < 64 && !stream->ended; i++) {
		ssize_t got = recv(job->fd, bytes, sizeof bytes, 0);

		if (got == 0)
			return stream_ended(job);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got < 0)
			return stream_fails(job, strerror(errno));
		stream_got(job, bytes, got);
	}
	if (!stream->client && stream->got >= REQUEST) {
		if (word(stream->head) != MAGIC)
			return stream_over(job);
		if (!stream_send(job))
			return;
		if (stream->ended && stream->put == stream->to_put)
			return stream_completes(job);
	}
	stream_timer(job);
}

static void stream_due(struct job *job)
{
	struct stream *stream = job->stream;
	int64_t now = now_ns();

	if (stream->tell_at <= now)
		stream_tell(job);
	if (stream->deadline <= now) {
		struct linger at_once = { 1, 0 };

		stream_tell(job);
		tell_text(job->id, 'r', "late");
		stream_moved(job);
		setsockopt(job->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		return stream_over(job);
	}
	if (stream->look_at <= now) {
		int waiting = 0, error = 0;
		socklen_t length = sizeof error;

		stream->look_at = NEVER;
		getsockopt(job->fd, SOL_SOCKET, SO_ERROR, &error, &length);
		if (error != 0)
			return stream_fails(job, strerror(error));
		if (ioctl(job->fd, SIOCOUTQ, &waiting) < 0 || (waiting == 0 && stream->put == stream->to_put))
			return stream_completes(job);
		stream->look_at = now + LOOK_NS;
	}
	stream_timer(job);
}

static struct job *new_stream(int fd, uint32_t id, int client)
{
	struct job *job = new_job(STREAM, fd, id);
	struct job *timer = job ? new_job(TIMER, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), id) : NULL;

	if (!timer) {
		if (job)
			end_job(job);
		return NULL;
	}
	job->stream = calloc(1, sizeof *job->stream);
	job->other = timer;
	timer->other = job;
	job->stream->client = client;
	job->stream->sound = 1;
	job->stream->tell_at = job->stream->deadline = job->stream->look_at = NEVER;
	return job;
}

static void open_stream(uint32_t id, const char *text)
{
	unsigned step, probing, ecn, window, up, down, from, port;
	long long deadline;
	char congestion[16], address[64];
	struct sockaddr_storage to, own;
	socklen_t length;
	struct job *job;
	struct stream *stream;
	int family = -1, fd;
	uint32_t head[5];

	if (sscanf(text, "%u %15s %u %u %u %u %u %lld %u %u %63s", &step, congestion, &probing, &ecn, &window, &up, &down, &deadline,
		   &from, &port, address) == 11)
		family = address_of(address, port, &to, &length);
	fd = family < 0 ? -1 : socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	job = fd < 0 ? NULL : new_stream(fd, id, 1);
	if (!job) {
		tell_text(id, 'r', "error 0 the agent can not do: %s", text);
		tell_text(id, 'e', "1");
		return;
	}
	stream = job->stream;
	stream->family = family;
	stream->step = step;
	stream->up = up;
	stream->down = down;
	stream->to_put = REQUEST + up;
	head[0] = htonl(MAGIC);
	head[1] = htonl(step);
	head[2] = htonl((strcmp(congestion, "reno") == 0 ? 4 : 0) | probing);
	head[3] = htonl(up);
	head[4] = htonl(down);
	memcpy(stream->head, head, REQUEST);
	if (deadline > 0)
		stream->deadline = now_ns() + deadline;
	write_setting("tcp_mtu_probing", probing);
	write_setting("tcp_ecn", ecn ? 1 : 2);
	setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, strlen(congestion));
	/* The kernel keeps as much again for itself. */
	if (window > 0)
		set(fd, SOL_SOCKET, SO_RCVBUFFORCE, window);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	own = (struct sockaddr_storage){ .ss_family = family };
	do
		((struct sockaddr_in *)&own)->sin_port = htons(from++);
	while (bind(fd, (void *)&own, length) < 0 && errno == EADDRINUSE && from < 65536);
	job->events = POLLOUT;
	if (connect(fd, (void *)&to, length) < 0 && errno != EINPROGRESS)
		return stream_fails(job, strerror(errno));
	stream_timer(job);
}

static void take_streams(struct job *listener)
{
	for (;;) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct job *job = fd < 0 ? NULL : new_stream(fd, 0, 0);

		if (fd < 0)
			return;
		if (job)
			job->stream->connected = 1;
	}
}

static void be_host(void)
{
	static const int ports[] = { 7, 9, 19, 22, 80, 443 }, families[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 12; i++) {
		struct sockaddr_storage own = { .ss_family = families[i & 1] };
		int fd = socket(own.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (own.ss_family == AF_INET6)
			set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		((struct sockaddr_in *)&own)->sin_port = htons(ports[i / 2]);
		if (bind(fd, (void *)&own, i & 1 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) < 0 ||
		    listen(fd, 128) < 0)
			close(fd);
		else
			new_job(LISTENER, fd, 0);
	}
	open_service(AF_INET, DNS);
	open_service(AF_INET6, DNS);
}

static void timer_due(struct job *timer)
{
	uint64_t times;

	switch (timer->other->what) {
	case STREAM:
		if (read(timer->fd, &times, sizeof times) > 0)
			stream_due(timer->other);
		break;
	case LOOKUP:
		if (read(timer->fd, &times, sizeof times) > 0)
			name_next(timer->other);
		break;
	default:
		step_due(timer);
	}
}

/* What the kernel's WireGuard says with dynamic debug, and never a key. */
static void listen_to_kernel(void)
{
	int fd;

	mknod("/dev/kmsg", S_IFCHR | 0600, makedev(1, 11));
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		lseek(fd, 0, SEEK_END);
		new_job(WORDS, fd, 0);
	}
}

static void kernel_words(struct job *job)
{
	char line[1024];
	ssize_t got = read(job->fd, line, sizeof line - 1);
	char *said;

	if (got <= 0)
		return;
	line[got] = 0;
	said = strchr(line, ';');
	if (!said || strncmp(said + 1, "wireguard: ", 11) != 0 || strstr(said, "lab-ephemeral"))
		return;
	said[strcspn(said, "\n")] = 0;
	tell(0, 'k', said + 1, strlen(said + 1));
}

static void open_tap(uint32_t id, const char *name)
{
	struct sockaddr_ll own = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	/* A tunnel has no Ethernet header: a raw socket sees packets, and what the kernel knows of them. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	own.sll_ifindex = if_nametoindex(name);
	if (fd >= 0) {
		set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
		set(fd, SOL_PACKET, PACKET_VNET_HDR, 1);
	}
	if (fd < 0 || own.sll_ifindex == 0 || bind(fd, (void *)&own, sizeof own) < 0 || !new_job(TAP, fd, id))
		tell_text(id, 'e', "1");
}

static uint32_t sum_of(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++)
		sum += i & 1 ? bytes[i] : bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void put_half(uint8_t *at, uint32_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* The kernel leaves some work to whoever cuts or takes the packet. This is one of the pieces as it is in the end. */
static void tell_piece(struct job *tap, uint8_t direction, const uint8_t *packet, size_t head, size_t from, size_t length, size_t whole)
{
	static uint8_t piece[1 + 65536];
	uint8_t *at = piece + 1, *transport;
	int v4 = packet[0] >> 4 == 4;
	size_t ip = v4 ? (packet[0] & 15) * 4 : 40, number = from / (length > 0 ? length : 1), size;
	uint32_t sum;

	length = whole - from < length ? whole - from : length;
	size = head + length;
	piece[0] = direction;
	memcpy(at, packet, head);
	memcpy(at + head, packet + head + from, length);
	transport = at + ip;
	if (v4) {
		put_half(at + 2, size);
		put_half(at + 4, half(packet + 4) + number);
		put_half(at + 10, 0);
		put_half(at + 10, ~sum_of(at, ip, 0));
	} else
		put_half(at + 4, size - 40);
	*(uint32_t *)(transport + 4) = htonl(word(packet + ip + 4) + from);
	/* FIN and PSH are of the last, CWR of the first. */
	if (from + length < whole)
		transport[13] &= ~0x09;
	if (from > 0)
		transport[13] &= ~0x80;
	put_half(transport + 16, 0);
	sum = sum_of(at + (v4 ? 12 : 8), v4 ? 8 : 32, IPPROTO_TCP + size - ip);
	put_half(transport + 16, ~sum_of(transport, size - ip, sum));
	tell(tap->id, 'I', piece, 1 + size);
}

static void tapped(struct job *tap)
{
	static uint8_t bytes[1 + sizeof(struct virtio_net_hdr) + 65536];
	struct virtio_net_hdr about;
	uint8_t *packet = bytes + sizeof about;
	struct sockaddr_ll from;
	socklen_t length = sizeof from;
	ssize_t got = recvfrom(tap->fd, bytes, sizeof bytes - 1, 0, (void *)&from, &length);
	size_t size, ip, head;
	uint8_t direction;

	if (got < 0) {
		/* The interface is gone or down: down comes back. */
		if (errno == ENXIO || errno == ENODEV)
			end_job(tap);
		return;
	}
	if (got < (ssize_t)sizeof about + 20)
		return;
	memcpy(&about, bytes, sizeof about);
	size = got - sizeof about;
	direction = from.sll_pkttype == PACKET_OUTGOING ? '>' : '<';
	ip = packet[0] >> 4 == 4 ? (packet[0] & 15) * 4 : 40;
	if ((about.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) != VIRTIO_NET_HDR_GSO_NONE && about.gso_size > 0 && size >= ip + 20) {
		head = ip + (packet[ip + 12] >> 4) * 4;
		for (size_t at = 0; head < size && at < size - head; at += about.gso_size)
			tell_piece(tap, direction, packet, head, at, about.gso_size, size - head);
		return;
	}
	if (about.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && about.csum_start + about.csum_offset + 2 <= (int)size) {
		uint32_t sum = sum_of(packet + about.csum_start, size - about.csum_start, 0) ^ 0xffff;

		put_half(packet + about.csum_start + about.csum_offset, sum == 0 ? 0xffff : sum);
	}
	packet[-1] = direction;
	tell(tap->id, 'I', packet - 1, size + 1);
}

static void control_input(void)
{
	static uint8_t frame[HEAD + ROOM + 1];
	ssize_t got = recv(control, frame, HEAD + ROOM, 0);
	uint32_t id;

	if (got < HEAD || frame[12] != LAB_TYPE >> 8 || frame[13] != (LAB_TYPE & 255))
		return;
	frame[got] = 0;
	id = word(frame + 14);
	switch (frame[18]) {
	case 'x':
		run_command(id, (char *)frame + HEAD);
		break;
	case 'p':
	case 's':
		run_step(id, frame[18] == 'p', (char *)frame + HEAD);
		break;
	case 't':
		open_stream(id, (char *)frame + HEAD);
		break;
	case 'd':
		ask_name(id, (char *)frame + HEAD);
		break;
	case 'i':
		open_tap(id, (char *)frame + HEAD);
		break;
	case 'h':
		be_host();
		break;
	case 'k':
		listen_to_kernel();
		break;
	}
}

static void on_child(int signal)
{
	(void)signal;
}

/* The kernel's clock runs so much too fast: whole hundreds by the length of its tick, the rest by its frequency. */
static int drift(long ppm)
{
	long hundreds = ppm / 100;
	struct timex change = { .modes = ADJ_TICK | ADJ_FREQUENCY | ADJ_STATUS, .status = STA_UNSYNC,
				.tick = 10000 + hundreds, .freq = (ppm - hundreds * 100) * 65536 };

	if (adjtimex(&change) >= 0)
		return 0;
	perror("drift");
	return 1;
}

#define MOST_SLEW_US 2000000000LL

/* As adjtime(3): 500 parts per million, until it is right. */
static int slew(long long seconds, long long nanoseconds)
{
	struct timespec shown;
	struct timeval by;
	long long behind;

	if (drift(0) != 0)
		return 1;
	clock_gettime(CLOCK_REALTIME, &shown);
	behind = ((seconds - shown.tv_sec) * 1000000000LL + nanoseconds - shown.tv_nsec) / 1000;
	/* More than adjtime takes would take it more than forty days. */
	behind = behind > MOST_SLEW_US ? MOST_SLEW_US : behind < -MOST_SLEW_US ? -MOST_SLEW_US : behind;
	by.tv_sec = behind / 1000000;
	by.tv_usec = behind % 1000000;
	if (adjtime(&by, NULL) == 0)
		return 0;
	perror("slew");
	return 1;
}

int main(int count, char **words)
{
	struct sockaddr_ll own = { .sll_family = AF_PACKET, .sll_protocol = htons(LAB_TYPE) };
	struct sigaction action = { .sa_handler = on_child };
	sigset_t children, none;

	if (count == 2 && strcmp(words[1], "halt") == 0)
		return reboot(RB_POWER_OFF);
	if (count == 3 && strcmp(words[1], "drift") == 0)
		return drift(atol(words[2]));
	if (count == 4 && strcmp(words[1], "slew") == 0)
		return slew(atoll(words[2]), atoll(words[3]));
	control_index = own.sll_ifindex = if_nametoindex("ctl0");
	control = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(LAB_TYPE));
	if (control < 0 || control_index == 0 || bind(control, (void *)&own, sizeof own) < 0) {
		perror("agent: ctl0");
		return 1;
	}
	set(control, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
	/* Let in by ppoll alone, so that none is missed between reap and the next wait. */
	sigemptyset(&none);
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	sigaction(SIGCHLD, &action, NULL);
	open_service(AF_INET, 7);
	open_service(AF_INET, 9);
	open_service(AF_INET6, 7);
	open_service(AF_INET6, 9);
	tell_text(0, 'e', "ready");
	for (;;) {
		struct pollfd polls[MOST + 1];
		struct job *whose[MOST + 1];
		nfds_t count = 1;

		polls[0] = (struct pollfd){ control, POLLIN, 0 };
		for (int i = 0; i < MOST; i++) {
			if (jobs[i].what == NOTHING)
				continue;
			jobs[i].fresh = 0;
			whose[count] = &jobs[i];
			polls[count++] = (struct pollfd){ jobs[i].events == 0 ? -1 : jobs[i].fd, jobs[i].events, 0 };
		}
		if (ppoll(polls, count, NULL, &none) < 0) {
			reap();
			continue;
		}
		for (nfds_t i = 1; i < count; i++) {
			if (polls[i].revents == 0 || whose[i]->fd != polls[i].fd || whose[i]->fresh)
				continue;
			switch (whose[i]->what) {
			case COMMAND:
				command_output(whose[i]);
				break;
			case STEP:
				step_input(whose[i]);
				break;
			case TIMER:
				timer_due(whose[i]);
				break;
			case SERVICE:
				serve(whose[i]);
				break;
			case TAP:
				tapped(whose[i]);
				break;
			case LISTENER:
				take_streams(whose[i]);
				break;
			case STREAM:
				stream_event(whose[i], polls[i].revents);
				break;
			case LOOKUP:
				name_answered(whose[i]);
				break;
			case WORDS:
				kernel_words(whose[i]);
				break;
			case NOTHING:
				break;
			}
		}
		if (polls[0].revents != 0)
			control_input();
		reap();
	}
}
