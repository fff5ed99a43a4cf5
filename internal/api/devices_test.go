package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/wire"
)

type device struct {
	ID        string
	DriverID  string `json:"driver_id"`
	Name      string
	App       string
	Available bool
	Token     string
	TokenTail string `json:"token_tail"`
	CreatedAt string `json:"created_at"`
}

// registered is a city with a driver d1.
func registered(t *testing.T) *city {
	t.Helper()
	c := newCity(t, nil)
	c.expect(http.StatusCreated, "POST", "/v1/drivers", "operator:o1", `{"id":"d1"}`)
	return c
}

func (c *city) addDevice(body string) (d device) {
	c.Helper()
	c.expect(http.StatusCreated, "POST", "/v1/drivers/d1/devices", "operator:o1", body).into(c, &d)
	return d
}

func TestDevices(t *testing.T) {
	c := registered(t)
	first := c.addDevice(`{"name":"Ana's phone","app":"OwnTracks","available":true}`)
	second := c.addDevice("")
	if first.Token == second.Token || first.ID == second.ID {
		t.Fatalf("%+v and %+v", first, second)
	}
	if first.DriverID != "d1" || first.Name != "Ana's phone" || first.App != "OwnTracks" || !first.Available || first.CreatedAt == "" ||
		!strings.HasSuffix(first.Token, first.TokenTail) || len(first.TokenTail) != 4 {
		t.Errorf("%+v", first)
	}
	if second.Available || second.Name != "" {
		t.Errorf("%+v", second)
	}

	list := c.expect(http.StatusOK, "GET", "/v1/drivers/d1/devices", "operator:o1", "")
	var page struct{ Devices []device }
	list.into(t, &page)
	if len(page.Devices) != 2 || page.Devices[0].ID != first.ID || page.Devices[1].TokenTail != second.TokenTail {
		t.Errorf("%s", list.body)
	}
	hash, _ := driver.HashToken(first.Token)
	for _, secret := range []string{first.Token, second.Token, hash} {
		if bytes.Contains(list.body, []byte(secret)) {
			t.Errorf("the list gives a secret away: %s", list.body)
		}
	}
	if kept, err := c.store.Device(t.Context(), hash); err != nil || kept.DriverID != "d1" || strings.Contains(fmt.Sprint(kept), first.Token[4:20]) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	t.Run("Revoke", func(t *testing.T) {
		heard := make(chan wire.Push, 10)
		stop, err := c.bus.Line.Listen("d1", func(p wire.Push) { heard <- p })
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		path := "/v1/drivers/d1/devices/" + first.ID
		c.expect(http.StatusNoContent, "DELETE", path, "operator:o1", "")
		if p := <-heard; !p.Devices {
			t.Errorf("trackers were told %+v", p)
		}
		c.refused(http.StatusNotFound, "not_found", "DELETE", path, "operator:o1", "")
		if _, err := c.store.Device(t.Context(), hash); err == nil {
			t.Error("the token is still known")
		}
		var page struct{ Devices []device }
		c.expect(http.StatusOK, "GET", "/v1/drivers/d1/devices", "operator:o1", "").into(t, &page)
		if len(page.Devices) != 1 || page.Devices[0].ID != second.ID {
			t.Errorf("%+v", page)
		}
	})
}

func TestDevices_Refusals(t *testing.T) {
	c := registered(t)
	const path, who = "/v1/drivers/d1/devices", "operator:o1"
	c.refused(http.StatusNotFound, "not_found", "POST", "/v1/drivers/d2/devices", who, "")
	c.refused(http.StatusNotFound, "not_found", "POST", "/v1/drivers/d.2/devices", who, "")
	c.refused(http.StatusNotFound, "not_found", "GET", "/v1/drivers/d2/devices", who, "")
	c.refused(http.StatusNotFound, "not_found", "DELETE", path+"/none", who, "")
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", path, who, `{"nam":"x"}`, "nam")
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", path, who, `{"name":"a\u0000b"}`, "name")
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", path, who, `{"app":"`+strings.Repeat("x", 201)+`"}`, "app", "200")
	c.refused(http.StatusUnprocessableEntity, "invalid", "POST", path, who, `{"available":"yes"}`, "available")
	for range driver.MaxDevices {
		c.addDevice("")
	}
	c.refused(http.StatusConflict, "wrong_state", "POST", path, who, "", "16", "revoke")
}
