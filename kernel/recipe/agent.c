/*
 * The lab's agent in a guest. It listens on ctl0, whose frames never mix with the traffic under test, runs commands, and
 * plays the steps of a scenario: echo requests and datagrams with the lab's own payload, so that who receives them knows
 * which packet of which step it holds. Beside it every guest has the two services of a simulated host: UDP 7 echoes,
 * UDP 9 takes.
 *
 * A frame is: Ethernet header (type 0x88b5), job (u32, big-endian), kind (one byte), text or bytes.
 *   lab → agent  x COMMAND        runs it with /bin/sh -c
 *                p STEP COUNT INTERVAL_NS SIZE DF ADDRESS            echo requests
 *                s STEP COUNT INTERVAL_NS SIZE DF TOS PORT_FROM PORT ADDRESS   datagrams
 *                i INTERFACE      from now on a copy of every packet of this interface
 *   agent → lab  o BYTES          output of a command
 *                e STATUS         the command or the step is over
 *                r WHAT [SEQ]     sent, answered, error TEXT
 *                a STEP SEQ       a datagram of a step has arrived (job 0)
 *                I d PACKET       d: > leaves through, < comes out of the interface
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LAB_TYPE = 0x88b5, HEAD = 14 + 5, ROOM = 9000, MOST = 256, MOST_PAYLOAD = 65507 };
/* As ping: so long it waits for the last answers. */
#define LINGER_NS 10000000000LL

enum what { NOTHING, COMMAND, STEP, TIMER, SERVICE, TAP };

struct job {
	enum what what;
	int fd;
	uint32_t id;
	pid_t child;			/* COMMAND */
	struct job *other;		/* STEP: its timer; TIMER: its step */
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
		jobs[i] = (struct job){ .what = what, .fd = fd, .id = id };
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

/* Something for a step's socket: an answer, or an ICMP error for what it sent. */
static void step_input(struct job *step)
{
	static uint8_t bytes[65536];
	ssize_t got = recv(step->fd, bytes, sizeof bytes, 0);
	const uint8_t *at = bytes;

	if (got < 0) {
		if (errno != EAGAIN && errno != EINTR)
			tell_text(step->id, 'r', "error 0 %s", strerror(errno));
		return;
	}
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
	unsigned step_number, count, size, df, tos = 0, from = 0, port = 0;
	long long interval;
	char address[64];
	struct job *step, *timer;
	int family, fd, ok;
	struct sockaddr_storage to;
	socklen_t length;

	ok = ping ? sscanf(text, "%u %u %lld %u %u %63s", &step_number, &count, &interval, &size, &df, address) == 6
		  : sscanf(text, "%u %u %lld %u %u %u %u %u %63s", &step_number, &count, &interval, &size, &df, &tos, &from,
			   &port, address) == 9;
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
	if (family == AF_INET)
		set(fd, IPPROTO_IP, IP_TOS, tos);
	else
		set(fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
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
	if (got >= 8) {
		uint32_t step = word(bytes), seq = word(bytes + 4);

		if (payload_is(bytes, got, step, seq))
			tell_text(0, 'a', "%u %u", step, seq);
	}
	/* Two echo services must not talk to each other for ever. The answer leaves from where the question was sent to. */
	if (service->port == 7 && ntohs(((struct sockaddr_in *)&from)->sin_port) != 7) {
		piece.iov_len = got;
		message.msg_flags = 0;
		for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each))
			if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO)
				((struct in_pktinfo *)CMSG_DATA(each))->ipi_ifindex = 0;
		sendmsg(service->fd, &message, 0);
	}
}

static void open_tap(uint32_t id, const char *name)
{
	struct sockaddr_ll own = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	own.sll_ifindex = if_nametoindex(name);
	if (fd >= 0)
		set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
	if (fd < 0 || own.sll_ifindex == 0 || bind(fd, (void *)&own, sizeof own) < 0 || !new_job(TAP, fd, id))
		tell_text(id, 'e', "1");
}

static void tapped(struct job *tap)
{
	static uint8_t bytes[1 + ROOM];
	struct sockaddr_ll from;
	socklen_t length = sizeof from;
	ssize_t got = recvfrom(tap->fd, bytes + 1, ROOM - HEAD - 1, 0, (void *)&from, &length);

	if (got < 0) {
		/* The interface is gone or down: down comes back. */
		if (errno == ENXIO || errno == ENODEV)
			end_job(tap);
		return;
	}
	bytes[0] = from.sll_pkttype == PACKET_OUTGOING ? '>' : '<';
	tell(tap->id, 'I', bytes, got + 1);
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
	case 'i':
		open_tap(id, (char *)frame + HEAD);
		break;
	}
}

static void on_child(int signal)
{
	(void)signal;
}

int main(int count, char **words)
{
	struct sockaddr_ll own = { .sll_family = AF_PACKET, .sll_protocol = htons(LAB_TYPE) };
	struct sigaction action = { .sa_handler = on_child };
	sigset_t children, none;

	if (count == 2 && strcmp(words[1], "halt") == 0)
		return reboot(RB_POWER_OFF);
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
			whose[count] = &jobs[i];
			polls[count++] = (struct pollfd){ jobs[i].fd, POLLIN, 0 };
		}
		if (ppoll(polls, count, NULL, &none) < 0) {
			reap();
			continue;
		}
		for (nfds_t i = 1; i < count; i++) {
			if (polls[i].revents == 0 || whose[i]->fd != polls[i].fd)
				continue;
			switch (whose[i]->what) {
			case COMMAND:
				command_output(whose[i]);
				break;
			case STEP:
				step_input(whose[i]);
				break;
			case TIMER:
				step_due(whose[i]);
				break;
			case SERVICE:
				serve(whose[i]);
				break;
			case TAP:
				tapped(whose[i]);
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
