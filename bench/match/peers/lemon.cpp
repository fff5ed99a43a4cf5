// Solves instances of bench/match by LEMON, on request.
//
// Arguments: the instances' files. Requests on standard input, one a line:
// "ns K" (network simplex), "mixed K" (the same, as it comes) or "cs K" (cost
// scaling) for the K-th file, from 0.
// Answers, one a line: the least cost, and the nanoseconds that it took from the
// plain lists of arcs to the cost, by the wall's clock and by the processor's. With --version it says what it is, and ends.
#include <lemon/config.h>
#include <lemon/cost_scaling.h>
#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

using Graph = lemon::StaticDigraph;

struct Instance {
  int riders = 0, drivers = 0;
  std::vector<int32_t> prices, from, to, cost;
};

[[noreturn]] void fail(const std::string &why) {
  std::cerr << "lemon: " << why << std::endl;
  std::exit(1);
}

void read(FILE *f, std::vector<int32_t> &into, size_t n) {
  into.resize(n);
  if (std::fread(into.data(), sizeof(int32_t), n, f) != n) fail("short file");
}

Instance load(const char *path) {
  FILE *f = std::fopen(path, "rb");
  if (!f) fail(std::string("cannot open ") + path);
  std::vector<int32_t> counts;
  read(f, counts, 3);
  Instance in;
  in.riders = counts[0], in.drivers = counts[1];
  read(f, in.prices, counts[0]);
  read(f, in.from, counts[2]);
  read(f, in.to, counts[2]);
  read(f, in.cost, counts[2]);
  std::fclose(f);
  return in;
}

// The model: a rider supplies one unit, a driver takes up to one, and so does
// the street for each rider, at the rider's price. What is demanded in excess of
// the supply stays unmet, so idle drivers need no arcs. Arcs that cost no less
// than the rider's price are left out. Arcs from the drivers to a sink, the
// SmartDigraph, 64-bit costs, other pivot rules and the arcs in mixed order (the
// default) were tried, too: this was the fastest on every instance.
template <class Algorithm, class... Option>
int64_t solve(const Instance &in, Option... option) {
  const int street = in.riders + in.drivers;
  std::vector<std::pair<int, int>> ends;
  std::vector<int> costs;
  ends.reserve(in.from.size() + in.riders);
  costs.reserve(in.from.size() + in.riders);
  size_t a = 0;
  for (int i = 0; i < in.riders; ++i) { // a StaticDigraph wants its arcs by source
    for (; a < in.from.size() && in.from[a] == i; ++a) {
      if (in.cost[a] >= in.prices[i]) continue;
      ends.emplace_back(i, in.riders + in.to[a]);
      costs.push_back(in.cost[a]);
    }
    ends.emplace_back(i, street);
    costs.push_back(in.prices[i]);
  }
  Graph g;
  g.build(street + 1, ends.begin(), ends.end());
  Graph::ArcMap<int> cost(g);
  for (size_t i = 0; i < costs.size(); ++i) cost[g.arc(i)] = costs[i];
  Graph::NodeMap<int> supply(g, -1);
  for (int i = 0; i < in.riders; ++i) supply[g.node(i)] = 1;
  supply[g.node(street)] = -in.riders;

  Algorithm algorithm(g, option...);
  algorithm.costMap(cost).supplyMap(supply);
  if (algorithm.run() != Algorithm::OPTIMAL) fail("no optimum");
  return algorithm.template totalCost<int64_t>();
}

// The nanoseconds of processor time that this program has used.
int64_t processor() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

} // namespace

int main(int argc, char **argv) {
  if (argc == 2 && std::string(argv[1]) == "--version") {
    std::cout << "LEMON " LEMON_VERSION " (g++ " __VERSION__ " -O2)" << std::endl;
    return 0;
  }
  std::vector<Instance> instances;
  for (int i = 1; i < argc; ++i) instances.push_back(load(argv[i]));
  std::string method;
  size_t k;
  while (std::cin >> method >> k) {
    if (k >= instances.size()) fail("no such instance");
    const auto begin = std::chrono::steady_clock::now();
    const int64_t spent = processor();
    int64_t cost;
    if (method == "ns") {
      cost = solve<lemon::NetworkSimplex<Graph, int, int>>(instances[k], /*arc_mixing=*/false);
    } else if (method == "mixed") {
      cost = solve<lemon::NetworkSimplex<Graph, int, int>>(instances[k], /*arc_mixing=*/true);
    } else if (method == "cs") {
      cost = solve<lemon::CostScaling<Graph, int, int>>(instances[k]);
    } else {
      fail("no such method: " + method);
    }
    const auto took = std::chrono::steady_clock::now() - begin;
    std::cout << cost << ' ' << std::chrono::duration_cast<std::chrono::nanoseconds>(took).count() << ' '
              << processor() - spent << std::endl;
  }
}
