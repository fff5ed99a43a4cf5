// Package testenv starts real servers for tests and benchmarks: PostgreSQL with
// PostGIS, Redis, and NATS with JetStream, each on a free port of this machine,
// with its data in a temporary folder.
//
// A test asks for the address of an empty place of its own:
//
//	url := testenv.Postgres(t) // a fresh database
//	url := testenv.Redis(t)    // a fresh logical database
//	url := testenv.NATS(t)     // a fresh server
//
// and where a test is about Redis Cluster, url := testenv.RedisCluster(t): three
// masters, emptied for each test.
//
// PostgreSQL and Redis are started once per test binary and shared by its
// tests. They end when the test binary does, however it ends, and take their
// folder with them; no goroutine of this package stays behind. Where the
// program of a server is missing the test fails and says what to install: it
// never skips.
//
// TEST_DATABASE_URL, TEST_REDIS_URL and TEST_NATS_URL name servers to use in
// place of private ones:
//
//   - PostgreSQL: each test gets a database with a unique name, dropped at its
//     end. The user of the URL must be allowed to create databases and, where
//     PostGIS is not in template1, extensions.
//   - Redis: each test gets one of the logical databases 1 to 15 that is empty
//     and not taken by another test (a key in the URL's own database tells),
//     flushed at its end. A database that is not empty is never touched.
//     Publish and subscribe are not kept apart by Redis.
//   - NATS: the server as it is. Tests that share it must use names of their
//     own, or delete what they make.
//
// Tests of faults, and benchmarks, use StartPostgres, StartRedis and StartNATS:
// servers of their own that can be stopped, killed and started again on the
// same data and address. A PostgreSQL can be paused as well.
package testenv
