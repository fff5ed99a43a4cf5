package sim

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/cabstand/cabstand/internal/driver"
)

// Classes of the demo beside the standard one, as the built-in tariff has them.
const (
	xl      driver.Class = "xl"
	premium driver.Class = "premium"
)

// enough is how large a demo's fleet is before somebody asks for the rarer
// classes: in a smaller one they would wait in vain.
const enough = 40

// The demo's people and cars. The numbers of given and family names have no
// common divisor, so that names repeat late.
var (
	givenNames = []string{
		"Amara", "Ben", "Carla", "Dmitri", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kemal", "Leila", "Marco",
		"Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Samir", "Tessa", "Umar", "Vera", "Wanda", "Xavier", "Yuki",
		"Zoe", "Anton", "Bianca", "Chidi", "Dora", "Emil",
	}
	familyNames = []string{
		"Adeyemi", "Bauer", "Costa", "Dvorak", "Eriksen", "Ferreira", "Gupta", "Haddad", "Ivanova", "Jensen", "Kaya",
		"Lindgren", "Moreau", "Nowak", "Okafor", "Petrov", "Quinn", "Rossi", "Santos", "Tanaka", "Ueda", "Vargas",
		"Weber", "Xu", "Yilmaz", "Zeman", "Alvarez", "Brennan", "Chen", "Diallo", "Esposito", "Fischer", "Garcia",
		"Hassan", "Ito", "Jovanovic", "Kowalski",
	}
	colours = []string{"white", "black", "silver", "grey", "blue", "red", "green"}
	makes   = map[driver.Class][]string{
		driver.Standard: {"Toyota Prius", "Skoda Octavia", "Hyundai Ioniq", "Kia Niro", "Toyota Corolla", "Renault Megane"},
		xl:              {"Ford Tourneo", "VW Caravelle", "Citroen SpaceTourer", "Toyota Sienna"},
		premium:         {"Mercedes E-Class", "BMW 5 Series", "Tesla Model S", "Volvo S90"},
	}
)

// profileOf is the demo's driver of the id, which ends in a number: the same in
// every run.
func profileOf(id string) driver.Profile {
	n, _ := strconv.Atoi(id[strings.LastIndexByte(id, '-')+1:])
	class, seats := classOf(n), 4
	if class == xl {
		seats = 6
	}
	return driver.Profile{
		ID: id, Name: nth(givenNames, n) + " " + nth(familyNames, n*11+5), Class: class, Seats: seats,
		Vehicle: driver.Vehicle{
			Plate: fmt.Sprintf("H%c %04d", 'A'+n/9000%26, 1000+(n*7919+4321)%9000),
			Make:  nth(makes[class], n/3), Colour: nth(colours, n*5+n/7),
		},
	}
}

// classOf mixes the classes: two in ten drive an XL, one in ten a premium car, and
// the first ones do not.
func classOf(n int) driver.Class {
	switch n % 10 {
	case 4, 8:
		return xl
	case 6:
		return premium
	}
	return driver.Standard
}

func nth(list []string, n int) string { return list[n%len(list)] }

// mixed lets one in eight ask for an XL, and one in sixteen for a premium car.
func mixed(orders iter.Seq[Order], seed uint64) iter.Seq[Order] {
	return func(yield func(Order) bool) {
		rng := rand.New(rand.NewPCG(seed, 0xc1a55))
		for o := range orders {
			switch rng.IntN(16) {
			case 0, 1:
				o.Class = xl
			case 2:
				o.Class = premium
			}
			if !yield(o) {
				return
			}
		}
	}
}
