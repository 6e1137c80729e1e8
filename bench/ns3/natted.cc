// The topology of `natted` in bench/scenarios.ts for ns-3: eight hosts, each behind a switch and a gateway, send UDP to one
// server on an internet. ns-3 has no NAT and its bridges are slower than its routers, so switches, gateways and the internet
// are plain routers here: less work than on our side. A hop is one packet that comes to one node, as on our side.
//
//   natted PACKETS TRACE      TRACE 0: nothing is written; 1: an ASCII trace of every device, thrown away
//
// Prints {"hops": …, "delivered": …, "cpu_s": …}: CPU time of the run alone, without the building.
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <vector>

#include "ns3/applications-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"
#include "ns3/traffic-control-module.h"

using namespace ns3;

namespace {

constexpr uint32_t kSides = 8;
constexpr uint32_t kHopsPerPacket = 4;
constexpr uint32_t kPayload = 172;
constexpr uint16_t kPort = 9;

// Throws away what is written, after it was formatted.
class Nowhere : public std::streambuf {
 public:
  int overflow(int c) override { return c; }
  std::streamsize xsputn(const char*, std::streamsize n) override { return n; }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "natted PACKETS TRACE\n";
    return 2;
  }
  const uint32_t each = std::strtoul(argv[1], nullptr, 10) / kSides;
  const bool trace = argv[2][0] == '1';

  NodeContainer hosts, switches, gateways, rest;
  hosts.Create(kSides);
  switches.Create(kSides);
  gateways.Create(kSides);
  rest.Create(2);
  Ptr<Node> internet = rest.Get(0);
  Ptr<Node> server = rest.Get(1);
  InternetStackHelper stack;
  stack.InstallAll();

  PointToPointHelper lan, wan;
  for (PointToPointHelper* link : {&lan, &wan}) {
    link->SetDeviceAttribute("Mtu", UintegerValue(1500));
    link->SetQueue("ns3::DropTailQueue", "MaxSize", StringValue("1000p"));
  }
  lan.SetDeviceAttribute("DataRate", StringValue("1Gbps"));
  lan.SetChannelAttribute("Delay", StringValue("0ms"));
  wan.SetDeviceAttribute("DataRate", StringValue("10Gbps"));
  wan.SetChannelAttribute("Delay", StringValue("10ms"));

  // A queue in front of each device is enough: without this ns-3 would put fq_codel before it.
  TrafficControlHelper control;
  Ipv4AddressHelper addresses;
  addresses.SetBase("10.0.0.0", "255.255.255.252");
  const auto join = [&](PointToPointHelper& link, Ptr<Node> a, Ptr<Node> b) {
    NetDeviceContainer devices = link.Install(a, b);
    Ipv4InterfaceContainer ends = addresses.Assign(devices);
    control.Uninstall(devices);
    addresses.NewNetwork();
    return ends.GetAddress(1);
  };
  for (uint32_t i = 0; i < kSides; i++) {
    join(lan, hosts.Get(i), switches.Get(i));
    join(lan, switches.Get(i), gateways.Get(i));
    join(wan, gateways.Get(i), internet);
  }
  const Ipv4Address target = join(wan, internet, server);
  Ipv4GlobalRoutingHelper::PopulateRoutingTables();

  PacketSinkHelper sinks("ns3::UdpSocketFactory", InetSocketAddress(Ipv4Address::GetAny(), kPort));
  ApplicationContainer sink = sinks.Install(server);
  UdpClientHelper client(target, kPort);
  client.SetAttribute("MaxPackets", UintegerValue(each));
  client.SetAttribute("Interval", TimeValue(MilliSeconds(1)));
  client.SetAttribute("PacketSize", UintegerValue(kPayload));
  ApplicationContainer senders = client.Install(hosts);
  senders.Start(Seconds(1));

  Nowhere nowhere;
  std::ostream discard(&nowhere);
  if (trace) {
    AsciiTraceHelper ascii;
    Ptr<OutputStreamWrapper> stream = Create<OutputStreamWrapper>(&discard);
    lan.EnableAsciiAll(stream);
  }

  Simulator::Stop(Seconds(3.0 + each / 1000.0));
  const std::clock_t before = std::clock();
  Simulator::Run();
  const double cpu = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  const uint64_t delivered = DynamicCast<PacketSink>(sink.Get(0))->GetTotalRx() / kPayload;
  std::cout << "{\"hops\": " << delivered * kHopsPerPacket << ", \"delivered\": " << delivered << ", \"cpu_s\": " << cpu
            << "}\n";
  Simulator::Destroy();
  return 0;
}
