package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/wire"
)

func TestAreas(t *testing.T) {
	c := newCity(t, nil)
	const by = "operator:o1"
	shape := `{"type":"Polygon","coordinates":[[[-74,40],[-73.9,40],[-73.9,41],[-74,41],[-74,40]]]}`
	policy := `{"policy":"greedy","window_s":1,"pickup_cap_s":600,"unserved_s":0,"aging":1,"fairness":0,"swap":false,"swap_threshold_s":20,` +
		`"swap_every_s":10,"swap_loss_s":120,"swap_idle":false,"max_swaps":1,"forward_s":60}`
	drawn := `{"name":"Old town","color":"#336699","area":` + shape + `,"policy":` + policy + `}`
	var set wire.Area
	c.expect(http.StatusOK, "PUT", "/v1/areas/old-town", by, drawn).into(t, &set)
	if set.ID != "old-town" || set.SetBy != "o1" || set.SetAt.IsZero() || set.Policy == nil || set.Policy.WindowS != 1 || string(set.Shape) != shape {
		t.Errorf("set: %+v", set)
	}
	var list struct{ Areas []wire.Area }
	c.expect(http.StatusOK, "GET", "/v1/areas", by, "").into(t, &list)
	if len(list.Areas) != 1 || list.Areas[0].Name != "Old town" || list.Areas[0].Policy.Policy != "greedy" || string(list.Areas[0].Shape) != shape {
		t.Errorf("listed: %+v", list.Areas)
	}
	t.Run("Overlap", func(t *testing.T) {
		var p struct{ Code, Detail string }
		c.expect(http.StatusConflict, "PUT", "/v1/areas/other", by, drawn).into(t, &p)
		if p.Code != "wrong_state" || !strings.Contains(p.Detail, `"old-town"`) || !strings.Contains(p.Detail, "Old town") {
			t.Errorf("%+v, want the other area named", p)
		}
		c.expect(http.StatusOK, "PUT", "/v1/areas/other", by, `{"name":"Drawn only","area":`+shape+`}`)
	})
	for _, body := range map[string]string{
		"NoArea": `{"name":"n"}`, "NoName": `{"name":"","area":` + shape + `}`, "Control": `{"name":"n\u0000","area":` + shape + `}`, "NoPolygon": `{"name":"n","area":{"type":"Point","coordinates":[1,2]}}`,
		"BadPolicy": strings.Replace(drawn, "greedy", "by lot", 1), "HalfAPolicy": `{"name":"n","area":` + shape + `,"policy":{"policy":"fifo"}}`,
		"BadColor": strings.Replace(drawn, "#336699", "blue", 1), "Unknown": strings.Replace(drawn, "color", "colour", 1),
	} {
		c.expect(http.StatusUnprocessableEntity, "PUT", "/v1/areas/old-town", by, body)
	}
	c.expect(http.StatusUnprocessableEntity, "PUT", "/v1/areas/a%20b", by, drawn)
	c.expect(http.StatusNoContent, "DELETE", "/v1/areas/other", by, "")
	c.expect(http.StatusNotFound, "DELETE", "/v1/areas/other", by, "")
	var log struct {
		Entries []struct {
			Action string
			Detail map[string]json.RawMessage
		}
	}
	c.expect(http.StatusOK, "GET", "/v1/audit?subject=area:old-town", by, "").into(t, &log)
	if len(log.Entries) != 1 || log.Entries[0].Action != "area.set" || len(log.Entries[0].Detail["policy"]) == 0 {
		t.Errorf("recorded: %+v, want the one change that was made", log.Entries)
	}
}
