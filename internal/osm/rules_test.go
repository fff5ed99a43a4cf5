package osm

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// crossed is a street abc through a square of residential streets that are
// always there, so that both its ends and its middle can be reached anyhow:
//
//	d e f
//	a b c
func crossed(tags string) sketch {
	return sketch{
		grid: []string{"def", "abc"},
		ways: []string{"adefc highway=residential", "eb highway=residential", "abc " + tags},
	}
}

func TestImport_Ways(t *testing.T) {
	const (
		twoWay  = "ab ba bc cb"
		oneWay  = "ab bc"
		against = "ba cb"
		none    = ""
	)
	for tags, want := range map[string]string{
		// Classes.
		"highway=motorway oneway=no": twoWay, "highway=trunk": twoWay, "highway=primary": twoWay, "highway=secondary_link": twoWay,
		"highway=tertiary": twoWay, "highway=unclassified": twoWay, "highway=residential": twoWay, "highway=road": twoWay,
		"highway=living_street": twoWay, "highway=service": twoWay, "highway=service service=driveway": twoWay, "highway=Residential": twoWay,
		"highway=track": none, "highway=track motor_vehicle=yes": none, "highway=footway": none, "highway=pedestrian": none,
		"highway=cycleway": none, "highway=path": none, "highway=steps": none, "highway=busway": none, "highway=raceway": none,
		"highway=construction construction=primary": none, "highway=proposed": none, "highway=service service=emergency_access": none,
		"route=ferry": none, "route=ferry highway=primary": none, "highway=primary route=shuttle_train": none,
		"highway=service area=yes": none, "railway=rail": none, "waterway=river": none,
		// Access: the most precise key decides.
		"highway=primary access=no": none, "highway=primary access=private": none, "highway=primary vehicle=no": none,
		"highway=primary motor_vehicle=agricultural": none, "highway=primary motorcar=no": none, "highway=primary motor_vehicle=agricultural;forestry": none,
		"highway=primary access=destination": twoWay, "highway=primary access=permissive": twoWay, "highway=primary access=customers": twoWay,
		"highway=primary access=delivery": none, "highway=primary access=private;customers": twoWay,
		"highway=primary access=no motor_vehicle=yes": twoWay, "highway=primary vehicle=no motorcar=designated": twoWay,
		"highway=primary access=yes motorcar=no": none, "highway=primary motor_vehicle=yes vehicle=no": twoWay,
		"highway=primary access=nonsense": twoWay, "highway=primary motorcar=nonsense access=no": none,
		"highway=primary motor_vehicle:conditional=no+@+(22:00-06:00)": twoWay, "highway=primary foot=no bicycle=no": twoWay,
		// Directions.
		"highway=primary oneway=yes": oneWay, "highway=primary oneway=1": oneWay, "highway=primary oneway=true": oneWay,
		"highway=primary oneway=-1": against, "highway=primary oneway=reverse": against, "highway=primary oneway=no": twoWay,
		"highway=primary junction=roundabout": oneWay, "highway=primary junction=circular": oneWay,
		"highway=motorway": oneWay, "highway=motorway_link": oneWay, "highway=trunk_link": twoWay,
		"highway=primary junction=roundabout oneway=-1": against, "highway=primary oneway=reversible": none,
		"highway=primary oneway=alternating": twoWay, "highway=primary oneway=perhaps": twoWay,
		"highway=primary oneway=yes oneway:motor_vehicle=no": twoWay, "highway=primary oneway=yes oneway:bicycle=no": oneWay,
	} {
		t.Run(tags, func(t *testing.T) {
			got := strings.Join(crossed(tags).must(t).has("ab", "ba", "bc", "cb"), " ")
			if got != want {
				t.Errorf("%q are driven, not %q", got, want)
			}
		})
	}
}

func TestImport_Speeds(t *testing.T) {
	const mile = 1.609344
	for tags, want := range map[string]float64{ // km/h; one for both directions
		"highway=primary":                                   55,
		"highway=residential":                               28,
		"highway=primary maxspeed=50":                       42.5,
		"highway=primary maxspeed=50+km/h":                  42.5,
		"highway=primary maxspeed=30+mph":                   30 * mile * share,
		"highway=primary maxspeed=30mph":                    30 * mile * share,
		"highway=motorway oneway=no maxspeed=none":          130 * share,
		"highway=primary maxspeed=walk":                     7 * share,
		"highway=primary maxspeed=1":                        slowest,
		"highway=primary maxspeed=DE:urban":                 50 * share,
		"highway=primary maxspeed=DE:rural":                 100 * share,
		"highway=primary maxspeed=FR:rural":                 80 * share,
		"highway=primary maxspeed=XX:rural":                 90 * share,
		"highway=primary maxspeed=FR:zone30":                30 * share,
		"highway=primary maxspeed=DE:zone:20":               20 * share,
		"highway=primary maxspeed=GB:nsl_dual":              70 * mile * share,
		"highway=primary maxspeed=50;30":                    30 * share,
		"highway=primary maxspeed=50;nonsense":              50 * share,
		"highway=primary maxspeed=signals":                  55,
		"highway=primary maxspeed=fast":                     55,
		"highway=primary maxspeed=0":                        55,
		"highway=primary maxspeed=-50":                      55,
		"highway=primary maxspeed=NaN":                      55,
		"highway=primary maxspeed=1e9":                      55,
		"highway=primary maxspeed=500":                      55,
		"highway=primary maxspeed=fast zone:maxspeed=DE:30": 30 * share,
		"highway=residential maxspeed=50":                   40,
		"highway=residential maxspeed=20":                   20 * share,
		"highway=service maxspeed=100":                      25,
		"highway=primary maxspeed:type=DE:urban":            50 * share,
	} {
		t.Run(tags, func(t *testing.T) {
			times := crossed(tags).must(t).edges()
			for _, e := range []string{"ab", "bc", "cb", "ba"} {
				if seconds := 360 / want; math.Abs(times[e]-seconds) > 0.05 {
					t.Errorf("%s takes %.2f s, not %.2f", e, times[e], seconds)
				}
			}
		})
	}
	t.Run("ByDirection", func(t *testing.T) {
		times := crossed("highway=primary maxspeed=50 maxspeed:backward=100").must(t).edges()
		if math.Abs(times["ab"]-360/42.5) > 0.02 || math.Abs(times["ba"]-360/85.0) > 0.02 {
			t.Errorf("%v", times)
		}
	})
}

func TestImport_Barriers(t *testing.T) {
	for tags, open := range map[string]bool{
		"":                                    true,
		"barrier=bollard":                     false,
		"barrier=bollard bollard=removable":   false,
		"barrier=bollard bollard=rising":      true,
		"barrier=bollard motor_vehicle=yes":   true,
		"barrier=block":                       false,
		"barrier=cycle_barrier access=yes":    true,
		"barrier=nobody_knows":                false,
		"barrier=gate":                        true,
		"barrier=gate access=private":         false,
		"barrier=gate access=no motorcar=yes": true,
		"barrier=lift_gate":                   true,
		"barrier=toll_booth":                  true,
		"barrier=cattle_grid":                 true,
		"barrier=border_control":              true,
		"highway=crossing":                    true,
	} {
		t.Run(tags, func(t *testing.T) {
			// The street from a to c, and the long way around it.
			s := sketch{grid: []string{"d e", "abc"}, ways: []string{"abc highway=residential", "adec highway=residential"}}
			s.nodes = map[byte]string{'b': tags}
			c := s.must(t)
			way, ok := c.graph.Between(c.at['a'], c.at['c'])
			if want := 200.0; !ok || (math.Abs(way.Metres()-want) < 5) != open {
				t.Errorf("%.0f m from one end to the other", way.Metres())
			}
			// Both sides of a barrier can be driven up to it.
			if got := c.has("ab", "ba", "bc", "cb"); len(got) != 4 {
				t.Errorf("%v", got)
			}
			if (c.told.Barriers == 0) != open {
				t.Errorf("%d barriers", c.told.Barriers)
			}
		})
	}
}

func TestImport_Waits(t *testing.T) {
	const drive = 360 / 28.0
	for tags, want := range map[string][2]float64{ // from a to b, from c to b
		"highway=traffic_signals":                                    {6, 6},
		"highway=traffic_signals traffic_signals:direction=forward":  {6, 0},
		"highway=traffic_signals traffic_signals:direction=backward": {0, 6},
		"highway=traffic_signals traffic_signals:direction=both":     {6, 6},
		"highway=stop direction=forward":                             {3, 0},
		"highway=stop":                                               {3, 3},
		"highway=crossing crossing=traffic_signals":                  {0, 0},
		"highway=give_way":                                           {0, 0},
	} {
		t.Run(tags, func(t *testing.T) {
			s := sketch{grid: []string{"abc"}, ways: []string{"abc highway=residential"}, nodes: map[byte]string{'b': tags}}
			times := s.must(t).edges()
			for i, e := range []string{"ab", "cb"} {
				if math.Abs(times[e]-drive-want[i]) > 0.02 {
					t.Errorf("%s takes %.2f s, not %.2f", e, times[e], drive+want[i])
				}
			}
			if math.Abs(times["ba"]-drive) > 0.02 || math.Abs(times["bc"]-drive) > 0.02 {
				t.Errorf("who leaves the node waits, too: %v", times)
			}
		})
	}
}

func TestImport_Shape(t *testing.T) {
	t.Run("NamesAndClasses", func(t *testing.T) {
		s := sketch{grid: []string{"abc"}, ways: []string{"ab highway=trunk name=Elm+Street", "bc highway=tertiary ref=B+7"}}
		var got []string
		for street := range s.must(t).graph.Streets() {
			got = append(got, street.Class.String()+" "+street.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, []string{"motorway Elm Street", "secondary B 7"}) {
			t.Errorf("%q", got)
		}
	})
	t.Run("Connected", func(t *testing.T) {
		// xy stands alone, and from c nobody comes back.
		s := sketch{grid: []string{"abc", "xy "}, ways: []string{"ab highway=primary", "bc highway=primary oneway=yes", "xyx highway=footway", "xy highway=service oneway=yes"}}
		c := s.must(t)
		if got := c.edges(); len(got) != 2 || c.told.Nodes != 5 || c.told.Kept != 2 {
			t.Errorf("%v; %v", got, c.told)
		}
	})
	t.Run("MissingNode", func(t *testing.T) {
		s := sketch{grid: []string{"abcd"}, ways: []string{"abcd highway=primary", "bZc highway=primary", "yz highway=primary"}}
		c := s.must(t)
		if got := c.edges(); len(got) != 6 || c.told.Missing != 3 {
			t.Errorf("%v; %v", got, c.told)
		}
	})
	t.Run("SameNodeTwice", func(t *testing.T) {
		s := sketch{grid: []string{"ab"}, ways: []string{"aabb highway=primary", "a highway=primary"}}
		if c := s.must(t); len(c.edges()) != 2 || c.told.Refused[0].Reason != string(broken) {
			t.Errorf("%v; %v", c.edges(), c.told)
		}
	})
	for name, s := range map[string]sketch{"Plain": {plain: true}, "Raw": {form: raw}} {
		t.Run(name, func(t *testing.T) {
			other := crossed("highway=primary maxspeed=40")
			other.nodes = map[byte]string{'e': "highway=traffic_signals"}
			want := other.must(t).edges()
			other.plain, other.form = s.plain, s.form
			got := other.must(t).edges()
			for e, seconds := range want {
				if got[e] != seconds {
					t.Errorf("%s takes %.2f s, not %.2f", e, got[e], seconds)
				}
			}
		})
	}
	t.Run("Credit", func(t *testing.T) {
		if got := crossed("highway=primary").must(t).graph.Credit(); got != "© OpenStreetMap contributors" {
			t.Error(got)
		}
	})
}

func TestTold(t *testing.T) {
	s := crossed("highway=primary maxspeed=fast access=whoever")
	s.ways = append(s.ways, "ab highway=footway", "bc highway=steps", "ac highway=primary access=no", "ac building=yes")
	s.nodes = map[byte]string{'b': "barrier=gate access=quack"}
	told := s.must(t).told
	want := "3 ways are streets for cars; not used: 2 no street for cars, 1 not open to cars; " +
		"6 nodes and 14 edges, of which 6 nodes are connected; 3 tags say nothing: " +
		`way 3: access "whoever"; way 3: maxspeed "fast"; node 98: access "quack"`
	if got := told.String(); got != want {
		t.Errorf("told\n%s\nnot\n%s", got, want)
	}
}
