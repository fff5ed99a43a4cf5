package api_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/api"
)

// tricks are ways to write a path that some program, a proxy say, may take for the
// path itself.
func tricks(path string) []string {
	rest := strings.TrimPrefix(path, "/v1/")
	return []string{
		path, path + "?", path + "?_method=GET", "http://elsewhere" + path, "http://op@elsewhere:99" + path,
		"/" + path, "/v1//" + rest, path + "/", path + "//", "/V1/" + rest, strings.ToUpper(path),
		"/%76%31/" + rest, "/v1/%" + "6" + string("0123456789abcdef"[rest[0]&15]) + rest[1:], "/v1%2f" + rest, "/v1%2F" + rest, "/v1%5c" + rest, "/v1\\" + rest,
		"/./v1/" + rest, "/v1/./" + rest, "/v1/x/../" + rest, "/v1/%2e/" + rest, "/v1/x/%2e%2e/" + rest, "/v1/site/../" + rest, "/v1/site/..%2f" + rest, "/healthz/.." + path,
		path + "/.", path + "/..;/", path + ";a=b", path + "%00", path + "%20", path + "%3f", path + "#", path + ".json", path + "%2f",
	}
}

// rawClient sends requests as they are written, one after the other.
type rawClient struct {
	*city
	conn net.Conn
	from *bufio.Reader
}

func (r *rawClient) ask(method, target, token string) int {
	r.Helper()
	if r.conn == nil {
		r.conn = must[net.Conn](r)(net.Dial("tcp", strings.TrimPrefix(r.url, "http://")))
		r.Cleanup(func() {
			if r.conn != nil {
				r.conn.Close()
			}
		})
		r.from = bufio.NewReader(r.conn)
	}
	if err := r.conn.SetDeadline(time.Now().Add(soon)); err != nil {
		r.Fatal(err)
	}
	request := method + " " + target + " HTTP/1.1\r\nHost: x\r\nX-Original-URL: /v1/site\r\nX-Rewrite-URL: /v1/site\r\nX-HTTP-Method-Override: GET\r\n" +
		"Content-Type: application/json\r\nContent-Length: 2\r\n"
	if token != "" {
		request += "Authorization: Bearer " + token + "\r\n"
	}
	if _, err := io.WriteString(r.conn, request+"\r\n{}"); err != nil {
		r.Fatal(err)
	}
	response := must[*http.Response](r)(http.ReadResponse(r.from, &http.Request{Method: method}))
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		r.Fatal(err)
	}
	if response.Close {
		r.conn.Close()
		r.conn = nil
	}
	return response.StatusCode
}

// However the path of a route is written, nobody gets past the table of roles.
func TestAccess_TricksWithPaths(t *testing.T) {
	c := newCity(t, func(d *api.Deps) { d.Pace = api.Pace{PerSecond: 1e6, Burst: 1e6} })
	client, asked := &rawClient{city: c}, 0
	for route, allowed := range roles {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "nobody", "{device}", "none").Replace(path)
		for _, role := range []string{"", "rider", "driver"} {
			token := ""
			if role != "" {
				token = c.token(role + ":x")
				if strings.Contains(allowed, role[:1]) {
					continue
				}
			}
			for _, target := range tricks(path) {
				asked++
				if status := client.ask(method, target, token); status < 400 || status >= 500 || status == http.StatusTooManyRequests {
					t.Errorf("%s %s by %q, whom %s is not for: %d", method, target, role, route, status)
				}
			}
		}
	}
	if asked < 2000 {
		t.Errorf("only %d questions were asked", asked)
	}
}
