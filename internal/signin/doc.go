// Package signin lets people in by password and keeps them in by refresh tokens,
// where Cabstand issues tokens itself.
//
// An access token is good for [AccessTTL] and is believed without asking the
// store. It names its session; who signs out, is disabled, or shows a refresh
// token twice ends that session, and [Ended] tells everybody who verifies tokens
// so: at once in the same process, within [LookEvery] at other dispatchers, and
// over the bus at trackers, which have no store.
package signin
