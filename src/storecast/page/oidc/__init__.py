"""Login to the page at a provider of OpenID Connect, beside the login with a key.

settings    what is set of it, checked when the service starts
provider    what is asked of the provider: its discovery document, its keys, a token
id_token    what a token says, once its signature and claims are verified
person      who that is here: a name and scopes
login       the two routes: to the provider, and back
"""
