// Package storetest is the contract of the store, as a suite that every store
// passes: PostgreSQL with PostGIS, and SQLite.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/outbox"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
)

// Store is all that the parts of Cabstand ask of a store.
type Store interface {
	dispatch.Trips
	dispatch.Drivers
	dispatch.Tracks
	outbox.Source
	watch.History
	Devices
	Audit
	Shares
	Finds

	Answered(ctx context.Context, actor, key string) (*trip.Once, error)
	Purge(ctx context.Context, before time.Time) (purged int, err error)
	Register(ctx context.Context, p driver.Profile, log ...audit.Entry) (stored driver.Profile, created bool, err error)
	ChangeDriver(ctx context.Context, id string, change func(*driver.Profile) error, log ...audit.Entry) (driver.Profile, error)
	Earnings(ctx context.Context, driverID string, from, to time.Time) ([]trip.Earning, error)
	ListDrivers(ctx context.Context, cursor string, limit int) (page []driver.Profile, next string, err error)
	Offers(ctx context.Context, tripID string) ([]trip.Offer, error)
	Track(ctx context.Context, tripID string) (trip.Track, error)
	Rated(ctx context.Context, driverID string) (mean float64, rated int, err error)

	Migrate(ctx context.Context) error
	Ping(ctx context.Context) error
	Close()
}

// Place is where a store keeps its data.
type Place struct {
	// Open opens a store on the data, which may have been used before.
	Open func(tb testing.TB) Store
	// Shared tells that several processes may use the data at the same time.
	Shared bool
}

// Run runs the suite. fresh makes a place with no data, not migrated yet.
func Run(t *testing.T, fresh func(tb testing.TB) Place) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, p Place)
	}{
		{"Migrate", testMigrate},
		{"Create", testCreate},
		{"Once", testOnce},
		{"Purge", testPurge},
		{"Update", testUpdate},
		{"UpdateErrors", testUpdateErrors},
		{"Claims", testClaims},
		{"Offer", testOffer},
		{"OfferOracle", testOfferOracle},
		{"Exchange", testExchange},
		{"RoundTrip", testRoundTrip},
		{"Unfinished", testUnfinished},
		{"List", testList},
		{"History", testHistory},
		{"Drivers", testDrivers},
		{"ChangeDriver", testChangeDriver},
		{"Earnings", testEarnings},
		{"Devices", testDevices},
		{"Accounts", testAccounts},
		{"DisabledAccounts", testDisabledAccounts},
		{"ChangedPasswords", testChangedPasswords},
		{"Sessions", testSessions},
		{"LostAnswers", testLostAnswers},
		{"RotationRace", testRotationRace},
		{"Audit", testAudit},
		{"AuditOfChanges", testAuditOfChanges},
		{"Minutes", testMinutes},
		{"Areas", testAreas},
		{"AreasRace", testAreasRace},
		{"Ride", testRide},
		{"Shares", testShares},
		{"Finds", testFinds},
		{"Tracks", testTracks},
		{"TrackParts", testTrackParts},
		{"Unsettled", testUnsettled},
		{"Outbox", testOutbox},
		{"Lead", testLead},
		{"Reopen", testReopen},
		{"Cancelled", testCancelled},
		{"Contention", testContention},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, fresh(t)) })
	}
}

// mustOpen opens a store, migrates it and closes it at the test's end.
func mustOpen(tb testing.TB, p Place) Store {
	tb.Helper()
	s := p.Open(tb)
	tb.Cleanup(s.Close)
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}
