package node

import (
	"context"
	"net/url"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/auth"
)

// OIDC is an OpenID Connect provider where people sign in, beside what else lets
// them in.
type OIDC struct {
	OIDCIssuer    string `name:"oidc-issuer" help:"OpenID Connect provider where people sign in: https://id.example/realms/cabs. Its ID tokens are accepted."`
	OIDCClientID  string `name:"oidc-client-id" help:"What the pages are called there: a public client with PKCE."`
	OIDCRoleClaim string `name:"oidc-role-claim" default:"cabstand_role" help:"Claim of the tokens that has the role: rider, driver or operator; dots lead into objects."`
}

// beside checks the settings, and that tokens have one other source at most.
func (c OIDC) beside(jwksURL string) func() error {
	return func() error {
		if c.OIDCIssuer != "" && jwksURL != "" {
			return &ConfigError{"oidc-issuer", c.OIDCIssuer, "either an OpenID provider or --jwks-url"}
		}
		return c.validate()
	}
}

func (c OIDC) validate() error {
	if c.OIDCIssuer == "" && c.OIDCClientID == "" {
		return nil
	}
	u, err := url.Parse(c.OIDCIssuer)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !plainHost(u.Host):
		return &ConfigError{"oidc-issuer", c.OIDCIssuer, "an address that starts with https://, as the tokens name it"}
	case c.OIDCClientID == "":
		return &ConfigError{"oidc-client-id", "", "what the pages are called at --oidc-issuer"}
	case c.OIDCRoleClaim == "":
		return &ConfigError{"oidc-role-claim", "", "the name of a claim"}
	}
	return nil
}

// origin is what pages ask for tokens; "" where there is no provider.
func (c OIDC) origin() string {
	u, err := url.Parse(c.OIDCIssuer)
	if err != nil || c.OIDCIssuer == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// accept lets in whom the provider vouches for, too.
func (p *parts) accept(c OIDC, own *auth.Verifier) {
	p.verifier = own
	if c.OIDCIssuer == "" {
		return
	}
	p.provider = auth.NewProvider(auth.ProviderOptions{
		Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, RoleClaim: c.OIDCRoleClaim, Now: p.clock.Now, Log: p.log,
	})
	p.node.task("provider", func(ctx context.Context) error { return p.provider.Run(ctx) })
	p.verifier = auth.Both{Own: own, Provider: p.provider}
}

// oidc tells pages where the provider is; nil where there is none.
func (p *parts) oidc() *api.OIDC {
	if p.provider == nil {
		return nil
	}
	at := p.provider.Endpoints()
	return &api.OIDC{
		Issuer: p.provider.Issuer, ClientID: p.provider.ClientID, AuthorizationEndpoint: at.Authorization, TokenEndpoint: at.Token,
	}
}
