package trip

// MaxShares is how many links show one trip at most.
const MaxShares = 10
