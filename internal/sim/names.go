package sim

import (
	"math/rand/v2"

	"github.com/cabstand/cabstand/internal/road"
)

// Names of a city that is nowhere. The first of quarterNames is the centre.
var (
	cityNames    = []string{"Port Halcyon", "Marlow Sound", "Fairhaven Bay", "Kestrel Point", "Aldermouth", "Selkie Harbour"}
	seaNames     = []string{"Halcyon Sea", "Gannet Bay", "Kelpie Sound", "Mariners' Reach", "Amber Bay", "Petrel Sea"}
	riverNames   = []string{"Wend", "Sable", "Arrow", "Linnet", "Marl", "Tarn"}
	quarterNames = []string{
		"Old Town", "Harbour", "Northgate", "Millfield", "Kingsmead", "Saltmarsh", "Orchard Hill", "Lanternside",
		"Weavers", "Eastcliff", "Foundry", "Sandholm", "Cedar Heights", "Brickfields", "Larkrise", "Quayside",
	}
	parkNames = []string{
		"Great Park", "Swan Green", "Rose Garden", "Observatory", "Mill Pond", "Fern Common", "Beacon Hill", "Dovecote",
		"Hazel Park", "Old Orchard", "Moat Field", "Birch Wood", "Fox Wood", "Heron Wood", "Ash Wood", "Long Wood",
		"Badger Wood", "Pine Ridge",
	}
	firstNames = []string{
		"Abbey", "Acorn", "Albion", "Alder", "Anchor", "Arcade", "Ash", "Aster", "Baker", "Barley", "Bay", "Beacon",
		"Beech", "Bell", "Birch", "Bishop", "Bramble", "Bridge", "Canal", "Carver", "Castle", "Cedar", "Chapel",
		"Cherry", "Church", "Clover", "College", "Cooper", "Copper", "Coral", "Court", "Crane", "Crown", "Dean",
		"Dock", "Dove", "Drake", "Elder", "Elm", "Falcon", "Fern", "Ferry", "Finch", "Fisher", "Flint", "Ford",
		"Forge", "Fountain", "Fox", "Gable", "Garden", "Garnet", "Glover", "Granary", "Grange", "Hart", "Harvest",
		"Hawthorn", "Hazel", "Heath", "Heron", "Hill", "Holly", "Iris", "Ivy", "Juniper", "Keel", "King", "Lantern",
		"Larch", "Lark", "Laurel", "Lilac", "Linden", "Lock", "Magnolia", "Maple", "Market", "Marsh", "Mason", "Meadow",
		"Mercer", "Mill", "Mint", "Monk", "Moor", "Myrtle", "Nettle", "Nightingale", "Oak", "Oat", "Olive", "Orchard",
		"Otter", "Palace", "Park", "Pear", "Pearl", "Pilot", "Pine", "Plum", "Poplar", "Potter", "Prior", "Quarry",
		"Quay", "Queen", "Quince", "Raven", "Reed", "River", "Robin", "Rope", "Rose", "Rowan", "Sail", "Salt", "School",
		"Shepherd", "Silver", "Smith", "Spring", "Square", "Star", "Station", "Stone", "Swan", "Tanner", "Temple",
		"Thistle", "Tiller", "Tower", "Vale", "Vine", "Violet", "Walnut", "Water", "Weaver", "Well", "Wharf", "Willow",
		"Wood", "Wren", "Yew",
	}
	lastNames = map[road.Class][]string{
		road.Residential: {"Street", "Street", "Street", "Lane", "Row", "Close", "Place", "Terrace", "Grove", "Way"},
		road.Secondary:   {"Road", "Road", "Street", "Drive"},
		road.Primary:     {"Avenue", "Boulevard"},
		road.Motorway:    {"Expressway"},
	}
)

// namer draws names of streets, each once while there are any left.
type namer struct {
	rng  *rand.Rand
	used map[string]bool
}

func (n *namer) street(class road.Class) string {
	for range 30 {
		name := firstNames[n.rng.IntN(len(firstNames))] + " " + lastNames[class][n.rng.IntN(len(lastNames[class]))]
		if !n.used[name] {
			n.used[name] = true
			return name
		}
	}
	return firstNames[n.rng.IntN(len(firstNames))] + " " + lastNames[class][0] + " South"
}
