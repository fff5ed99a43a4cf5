// Package signin lets people in by password and keeps them in by refresh tokens,
// where Cabstand issues tokens itself.
//
// An access token is good for [AccessTTL] and is believed without asking the
// store. It names its session; who signs out, is disabled, has the password
// changed, or shows a refresh token twice ends that session, and [Ended] tells
// everybody who verifies tokens so: at once in the same process, over the bus to
// all others, and, where that is away, within [LookEvery] of its return to
// trackers, which have no store, and anyhow to dispatchers.
package signin
