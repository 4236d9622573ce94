"""Problems of an issuer's keys. The issuer answers with these."""

from contracts.problems.model import ProblemType

KEYS = "/issuers/north/keys"
KEY = f"{KEYS}/0198c0de-0000-7000-8000-000000000005"

ENTRIES = (
    ProblemType(
        "key-not-known-yet",
        409,
        "The key is too new to sign",
        "Verifiers may still hold the controller document of before this key was published, and would refuse what it "
        "signs.",
        "Activate it when `Retry-After` says so.",
        "verifiers may still hold the controller document of before this key was published",
        f"{KEY}/activate",
    ),
    ProblemType(
        "key-transition-not-allowed",
        409,
        "The key's state cannot be changed so",
        "Published and retiring keys can be activated; any but a revoked one can be retired or revoked; retired and "
        "revoked keys sign nothing ever again.",
        "Read the key's state. Publish another key to sign with.",
        "a key that is retired cannot be changed so",
        f"{KEY}/activate",
    ),
    ProblemType(
        "key-is-needed",
        409,
        "No other key signs this",
        "Retiring this key would leave the issuer without a key for its credentials or its status lists.",
        "Activate another key first. A key that is compromised can be revoked all the same.",
        "no other key is active for credentials: activate one first",
        f"{KEY}/retire",
    ),
    ProblemType(
        "no-active-key",
        409,
        "No key of the issuer is active",
        "The issuer's keys were retired or revoked, and no other has been activated.",
        "Publish a key (`POST /issuers/{slug}/keys`) and activate it: where nothing else can sign, there is no wait.",
        "no key of the issuer is active for credentials",
        "/credentials",
    ),
    ProblemType(
        "did-key-is-one-key",
        409,
        "A did:key cannot change its key",
        "The identifier is the key itself: another key is another issuer.",
        "Open another issuer, and make this one inactive. An issuer by did:web can replace its keys.",
        "a did:key is one key for good: open another issuer for another key",
        KEYS,
    ),
    ProblemType(
        "too-many-keys",
        409,
        "The issuer has too many keys",
        "Keys of the past stay in the controller document, and verifiers read only so many.",
        "Open another issuer.",
        "an issuer has 50 keys in all, those of the past included",
        KEYS,
    ),
    ProblemType(
        "key-store-unavailable",
        503,
        "The key store cannot be reached",
        "The issuer's private keys are in a key store that is away, slow or does not let the issuer in. Nothing was "
        "signed, and nothing was stored.",
        "Try again with the same Idempotency-Key. Operators find the cause in the issuer's log.",
        "the key store cannot be reached",
        "/credentials",
    ),
)
