// SPDX-License-Identifier: GPL-2.0
/*
 * labnet: the network interfaces of a guest of wglab. Ethernet over UNIX stream sockets, exact to the nanosecond under
 * time-travel=ext.
 *
 *   labnet=PATH,COUNT   eth0 … eth(COUNT-1), and ctl0, on which the lab talks to the guest's agent
 *
 * The kernel connects twice to PATH. Each connection begins with a hello and carries records of one shape.
 *   HELLO_IN:  the lab writes FRAME records; each is answered with ACK once its interrupt is booked at the present
 *              simulated time, so that the lab may let time go on after the last ACK. ACK.port is 1 when the frame
 *              found no room.
 *   HELLO_OUT: the kernel writes FRAME records, and under time-travel=ext waits for the ACK of each, so that what a
 *              frame sets off is known to the lab before the guest goes on.
 */
#include <linux/etherdevice.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/time-internal.h>
#include <linux/vmalloc.h>
#include <init.h>
#include <irq_kern.h>
#include <os.h>

enum { LAB_FRAME = 1, LAB_ACK = 2, LAB_HELLO_IN = 16, LAB_HELLO_OUT = 17 };

/* Little-endian, as UML's only processors are. */
struct lab_record {
	u32 kind, length, port, number;
};

#define LAB_PORTS	64
#define LAB_FRAME_MAX	9216
/* Frames of one instant: 8192 of full size, and as many small ones as fit. */
#define LAB_ROOM	(8192u * 1600u)
#define LAB_BATCH	64

struct lab_waiting {
	u32 length, port;
};

static char *lab_path;
static unsigned int lab_count;
static int lab_in = -1, lab_out = -1;
static struct net_device *lab_devices[LAB_PORTS + 1];
static u8 lab_sending[sizeof(struct lab_record) + LAB_FRAME_MAX];
static u32 lab_number;

/* A ring of bytes: each entry is a lab_waiting and its frame. head and tail count bytes and never wrap. */
static u8 *lab_ring;
static u64 lab_head, lab_tail;

static void ring_copy_in(u64 at, const void *from, u32 length)
{
	u32 place = at % LAB_ROOM, first = min(length, LAB_ROOM - place);

	memcpy(lab_ring + place, from, first);
	memcpy(lab_ring, from + first, length - first);
}

static void ring_copy_out(void *to, u64 at, u32 length)
{
	u32 place = at % LAB_ROOM, first = min(length, LAB_ROOM - place);

	memcpy(to, lab_ring + place, first);
	memcpy(to + first, lab_ring, length - first);
}

/* All of it, or -EAGAIN when nothing is there yet, or what went wrong. */
static int read_whole(int fd, void *to, int length)
{
	int done = 0;

	while (done < length) {
		int got = os_read_file(fd, to + done, length - done);

		if (got == -EINTR)
			continue;
		if (got == -EAGAIN) {
			if (done == 0)
				return -EAGAIN;
			os_poll(1, &fd);
			continue;
		}
		if (got <= 0)
			return got < 0 ? got : -EPIPE;
		done += got;
	}
	return done;
}

static void write_whole(int fd, const void *from, int length)
{
	int done = 0;

	while (done < length) {
		int put = os_write_file(fd, from + done, length - done);

		if (put == -EINTR || put == -EAGAIN)
			continue;
		if (put < 0)
			panic("labnet: the lab is gone (%d)\n", put);
		done += put;
	}
}

/* Takes what the lab has written. Runs in the time-travel handler, so it neither allocates nor sleeps. */
static void pull(struct time_travel_event *event)
{
	static u8 frame[LAB_FRAME_MAX];
	struct lab_record record;

	while (read_whole(lab_in, &record, sizeof(record)) == sizeof(record)) {
		struct lab_waiting waiting = { .length = record.length, .port = record.port };
		bool room;

		if (record.kind != LAB_FRAME || record.length > LAB_FRAME_MAX)
			panic("labnet: a record of kind %u with %u bytes\n", record.kind, record.length);
		while (record.length > 0 && read_whole(lab_in, frame, record.length) == -EAGAIN)
			os_poll(1, &lab_in);
		room = lab_head - lab_tail + sizeof(waiting) + record.length <= LAB_ROOM;
		if (room) {
			ring_copy_in(lab_head, &waiting, sizeof(waiting));
			ring_copy_in(lab_head + sizeof(waiting), frame, record.length);
			lab_head += sizeof(waiting) + record.length;
			if (event)
				time_travel_add_irq_event(event);
		}
		record.kind = LAB_ACK;
		record.length = 0;
		record.port = room ? 0 : 1;
		write_whole(lab_in, &record, sizeof(record));
	}
}

static void deliver(struct lab_waiting waiting)
{
	struct net_device *device = waiting.port <= lab_count ? lab_devices[waiting.port] : NULL;
	struct sk_buff *skb;

	if (!device || !netif_running(device) || waiting.length < ETH_HLEN)
		return;
	skb = netdev_alloc_skb_ip_align(device, waiting.length);
	if (!skb) {
		device->stats.rx_dropped++;
		return;
	}
	ring_copy_out(skb_put(skb, waiting.length), lab_tail + sizeof(waiting), waiting.length);
	skb->protocol = eth_type_trans(skb, device);
	device->stats.rx_packets++;
	device->stats.rx_bytes += waiting.length;
	netif_receive_skb(skb);
}

/* In a tasklet and not through netif_rx, whose backlog of 1000 would lose what the lab has sent. */
static void deliver_some(struct tasklet_struct *tasklet)
{
	int i;

	for (i = 0; i < LAB_BATCH && lab_tail != lab_head; i++) {
		struct lab_waiting waiting;

		ring_copy_out(&waiting, lab_tail, sizeof(waiting));
		deliver(waiting);
		lab_tail += sizeof(waiting) + waiting.length;
	}
	if (lab_tail != lab_head)
		tasklet_schedule(tasklet);
}
static DECLARE_TASKLET(lab_tasklet, deliver_some);

static void arrived(int irq, int fd, void *data, struct time_travel_event *event)
{
	pull(event);
}

static irqreturn_t interrupt(int irq, void *data)
{
	if (!um_irq_timetravel_handler_used())
		pull(NULL);
	tasklet_schedule(&lab_tasklet);
	return IRQ_HANDLED;
}

static void wait_for_ack(void)
{
	struct lab_record ack;

	/* The lab may shorten the time that this guest runs by itself: those messages are taken here, too. */
	block_signals_hard();
	time_travel_wait_readable(lab_out);
	if (read_whole(lab_out, &ack, sizeof(ack)) != sizeof(ack))
		panic("labnet: the lab is gone\n");
	unblock_signals_hard();
	if (ack.kind != LAB_ACK || ack.number != lab_number)
		panic("labnet: ACK %u came for frame %u\n", ack.number, lab_number);
}

static netdev_tx_t transmit(struct sk_buff *skb, struct net_device *device)
{
	struct lab_record *record = (void *)lab_sending;
	u32 length = skb->len;

	if (length > LAB_FRAME_MAX || skb_linearize(skb)) {
		device->stats.tx_dropped++;
		kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	record->kind = LAB_FRAME;
	record->length = length;
	record->port = *(u32 *)netdev_priv(device);
	record->number = ++lab_number;
	skb_copy_bits(skb, 0, lab_sending + sizeof(*record), length);
	time_travel_propagate_time();
	write_whole(lab_out, lab_sending, sizeof(*record) + length);
	if (um_irq_timetravel_handler_used())
		wait_for_ack();
	device->stats.tx_packets++;
	device->stats.tx_bytes += length;
	consume_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops lab_operations = {
	.ndo_start_xmit		= transmit,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

static void set_up(struct net_device *device)
{
	ether_setup(device);
	device->netdev_ops = &lab_operations;
	device->min_mtu = 68;
	device->max_mtu = LAB_FRAME_MAX - ETH_HLEN - 4;
	/* No queue before the cable: the simulator has one. */
	device->priv_flags |= IFF_NO_QUEUE | IFF_TX_SKB_SHARING;
}

static int add_port(u32 port)
{
	/* The addresses that the lab expects: see frames.ts. */
	u8 address[ETH_ALEN] = { 2, 0, 0, 0, 1, port };
	bool control = port == lab_count;
	struct net_device *device = alloc_netdev(sizeof(u32), control ? "ctl0" : "eth%d", NET_NAME_ENUM, set_up);
	int failed;

	if (!device)
		return -ENOMEM;
	*(u32 *)netdev_priv(device) = port;
	eth_hw_addr_set(device, address);
	if (control)
		device->flags |= IFF_NOARP;
	failed = register_netdev(device);
	if (!failed)
		lab_devices[port] = device;
	return failed;
}

static int connect_as(u32 kind)
{
	struct lab_record hello = { .kind = kind, .port = lab_count };
	int fd = os_connect_socket(lab_path);

	if (fd < 0)
		panic("labnet: can not connect to %s (%d)\n", lab_path, fd);
	write_whole(fd, &hello, sizeof(hello));
	return fd;
}

static int __init labnet_init(void)
{
	int irq;
	u32 port;

	if (!lab_path)
		return 0;
	lab_ring = vmalloc(LAB_ROOM);
	if (!lab_ring)
		return -ENOMEM;
	for (port = 0; port <= lab_count; port++) {
		int failed = add_port(port);

		if (failed)
			return failed;
	}
	lab_out = connect_as(LAB_HELLO_OUT);
	lab_in = connect_as(LAB_HELLO_IN);
	irq = um_request_irq_tt(UM_IRQ_ALLOC, lab_in, IRQ_READ, interrupt, IRQF_SHARED, "labnet", lab_devices, arrived);
	return irq < 0 ? irq : 0;
}
device_initcall(labnet_init);

static int __init labnet_argument(char *text, int *add)
{
	char *comma = strrchr(text, ',');

	lab_count = 1;
	if (comma) {
		*comma = 0;
		lab_count = min_t(unsigned long, simple_strtoul(comma + 1, NULL, 10), LAB_PORTS);
	}
	lab_path = text;
	*add = 0;
	return 0;
}
__uml_setup("labnet=", labnet_argument,
"labnet=PATH,COUNT\n"
"    COUNT Ethernet interfaces and ctl0 over the UNIX stream socket PATH.\n\n");
