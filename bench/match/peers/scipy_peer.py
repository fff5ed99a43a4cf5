"""Solves instances of bench/match by scipy, on request.

Arguments: the instances' files. Requests on standard input, one a line:
"sparse K" (min_weight_full_bipartite_matching) or "dense K"
(linear_sum_assignment) for the K-th file, from 0. Answers, one a line: the least
cost, and the nanoseconds that it took from the plain lists of arcs to the cost, by
the wall's clock and by the processor's.
"""

import sys
import time

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching


class Instance:
    def __init__(self, path):
        words = np.fromfile(path, dtype="<i4")
        self.riders, self.drivers, arcs = (int(n) for n in words[:3])
        ends = np.cumsum([3, self.riders, arcs, arcs, arcs])
        self.prices, self.rider, self.driver, self.cost = (
            words[a:b] for a, b in zip(ends, ends[1:])
        )

    def useful(self):
        return self.cost < self.prices[self.rider]


def sparse(p):
    """Each rider has a column of its own to stay unserved in.

    The algorithm drops edges of weight 0, so all weigh 1 more than they cost.
    """
    keep = p.useful()
    own = np.arange(p.riders, dtype=np.int32)
    weights = np.concatenate([p.cost[keep], p.prices]).astype(float) + 1
    rows = np.concatenate([p.rider[keep], own])
    columns = np.concatenate([p.driver[keep], own + p.drivers])
    graph = csr_matrix((weights, (rows, columns)), shape=(p.riders, p.drivers + p.riders))
    rows, columns = min_weight_full_bipartite_matching(graph)
    return int(graph[rows, columns].sum()) - p.riders


def dense(p):
    """A cell is what a pair saves against the rider's price, 0 where it saves
    nothing: a rider in such a cell is unserved. So it needs no further columns."""
    keep = p.useful()
    rider = p.rider[keep]
    cells = np.zeros((p.riders, p.drivers))
    cells[rider, p.driver[keep]] = p.cost[keep].astype(float) - p.prices[rider]
    return int(cells[linear_sum_assignment(cells)].sum()) + int(p.prices.sum(dtype=np.int64))


def main():
    instances = [Instance(path) for path in sys.argv[1:]]
    for line in sys.stdin:
        method, k = line.split()
        solve = {"sparse": sparse, "dense": dense}[method]
        begin, spent = time.perf_counter_ns(), time.process_time_ns()
        cost = solve(instances[int(k)])
        print(cost, time.perf_counter_ns() - begin, time.process_time_ns() - spent, flush=True)


main()
