"""Every limit has a name and a number, and stands here. Settings may lower them; few may raise them.

Grouped by the room that applies them. The unit comes last in a name, and behind it MAX.
"""

from typing import Final

# -- everywhere
VARIABLES_BYTES_MAX: Final = 4 * 1024 * 1024  # Zeebe's own message size: what is larger could not go over gRPC
CALL_BODY_BYTES_MAX: Final = 64 * 1024 * 1024  # of a call made by hand; a deployment's models are the largest
SECRET_BYTES_MAX: Final = 64 * 1024  # of a connector secret, read from standard input
JSON_DEPTH_MAX: Final = 500  # deeper documents cost a real broker its connection; nobody models so deep

# -- server: what the local platform accepts from the network and keeps in memory
SERVER_HEADERS_BYTES_MAX: Final = 64 * 1024  # request line and headers of one request; a token is below 2 KiB
SERVER_HEADERS_WAIT_S_MAX: Final = 10.0  # a connection that has not said what it wants by then is closed
SERVER_CONNECTIONS_MAX: Final = 2000  # open at once over HTTP; a long poll holds one, and so does a browser
SERVER_STOP_WAIT_S_MAX: Final = 5.0  # for calls in flight when the platform stops
SERVER_AUTHORIZATION_BYTES_MAX: Final = 8 * 1024  # an Authorization header that is longer is no token of ours
SERVER_ADDRESS_CHARS_MAX: Final = 253  # the longest name that DNS knows
SERVER_NAME_CHARS_MAX: Final = 50  # names of clients, clusters and the organization
SERVER_CLIENTS_MAX: Final = 1000  # API clients of one cluster, or of the organization itself
SERVER_TOKENS_CACHED_MAX: Final = 10_000  # issued tokens that are handed out again, and verified ones, each
SERVER_SOURCES_TRACKED_MAX: Final = 10_000  # source addresses that the limit of sign-ins remembers
OAUTH_SOURCES_TRACKED_MAX: Final = 100_000  # those of token requests: 23 MB
SERVER_CLUSTERS_MAX: Final = 50  # of the organization; an embedded one is a thread and a port
SERVER_MEMBERS_MAX: Final = 1000  # of the organization, invited ones included
SERVER_SECRETS_MAX: Final = 500  # connector secrets of one cluster
SERVER_SECRET_NAME_CHARS_MAX: Final = 49  # SaaS: shorter than 50
SERVER_MONITORING_CLIENTS_MAX: Final = 50  # of one cluster
SERVER_SECRET_BYTES_MAX: Final = 16 * 1024  # of one connector secret: a key file is smaller
SERVER_ALLOWED_MAX: Final = 200  # entries of one IP allowlist, each with up to 50 addresses
SERVER_DESCRIPTION_CHARS_MAX: Final = 150  # of a cluster, of an entry of an allowlist: as SaaS has it
SERVER_SESSIONS_MAX: Final = 50  # of one member: browsers that are signed in at once
SERVER_ID_TOKENS_MAX: Final = 1000  # of people who signed in at the provider, kept for their sign-out
SERVER_SIGN_INS_USED_MAX: Final = 10_000  # sign-ins at the provider that are remembered as used until they end
SERVER_ALERTS_MAX: Final = 20  # of one cluster
SERVER_ALERTS_AT_ONCE_MAX: Final = 8  # that are being told, of all clusters
SERVER_ALERT_INCIDENTS_MAX: Final = 50  # told in one call of a webhook
SERVER_ALERT_WAIT_S_MAX: Final = 10.0  # for a webhook to answer, names, connection and TLS included
SERVER_ALERT_URL_CHARS_MAX: Final = 2000  # of a webhook
SERVER_ACTIVITY_MAX: Final = 10_000  # lines of the activity log
BROKERS_MAX: Final = 64  # of one cluster; a machine is full long before
DOOR_CONNECTIONS_MAX: Final = 10_000  # to brokers that are behind the platform's doors
DOOR_CONNECTIONS_OF_ONE_MAX: Final = 1_000  # of one address: nobody fills the doors alone
HOSTS_MAX: Final = 64  # that have joined a platform
HOST_REPORT_BYTES_MAX: Final = 2 * 1024 * 1024  # how a joined host is, and the trouble of a thousand brokers
BROKER_TROUBLE_CHARS_MAX: Final = 1_000  # of what a broker said last; lines of Java know no bounds
HOST_ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024  # what a joined host is to run: plans of a thousand brokers
CLUSTERS_BURIED_MAX: Final = 1_000  # deleted ones that a joined host has yet to hear of; the last ones count
BROKERS_STOP_S_MAX: Final = 60.0  # for brokers that are being deleted, when the platform stops
REMOTE_ANSWER_BYTES_MAX: Final = 256 * 1024  # a token, or the topology of a hundred brokers
PARTITIONS_MAX: Final = 256  # of one cluster
VERSION_CHARS_MAX: Final = 40  # "8.6.0-alpha5-rc2"; it becomes part of a path
OAUTH_BODY_BYTES_MAX: Final = 64 * 1024  # a token request has five short fields
OAUTH_BODY_WAIT_S_MAX: Final = 10.0  # for the whole body of a token request
OAUTH_FIELDS_MAX: Final = 50  # fields in a token request; more than that is an attack or a mistake
CONSOLE_BODY_BYTES_MAX: Final = 64 * 1024  # a form of Console, or a body of the Administration API
CONSOLE_BODY_WAIT_S_MAX: Final = 10.0  # for the whole of such a body
CONSOLE_JSON_DEPTH_MAX: Final = 32  # no body of the Administration API is deeper than three

# -- config: the SDK's settings and their defaults
CREDENTIALS_FILE_BYTES_MAX: Final = 64 * 1024  # Console's own is 2 KB; whatever is larger is another file
PROFILES_FILE_BYTES_MAX: Final = 256 * 1024  # a thousand profiles
PROFILE_NAME_CHARS_MAX: Final = 64  # it is typed, and stands in the names of entries of a keyring
REQUEST_TIMEOUT_S: Final = 30.0  # a call with its retries; the gateway itself gives up after 15 s
CONNECT_TIMEOUT_S: Final = 10.0
TOKEN_TIMEOUT_S: Final = 35.0  # one token request; SaaS answers to known wrong credentials after 30 s only
TOKEN_ATTEMPTS_MAX: Final = 5  # requests for one token; Camunda's own clients have the same number
TOKEN_ATTEMPTS_OF_A_VERB_MAX: Final = 2  # of the command line: whoever started it can start it again
TOKEN_RETRY_DELAY_S_MAX: Final = 10.0  # between requests to a token service in trouble, of all processes of a host
TOKEN_RETRY_DELAY_S: Final = 1.0  # before the second of them, then twice that, and so on
KEEP_ALIVE_S: Final = 45.0  # balancers in front of SaaS drop connections that are idle for a minute
SETTING_S_MAX: Final = 86_400.0  # a day; whatever is longer was meant in other units

# -- worker
WORKER_JOBS_MAX: Final = 10_000  # more at once than one loop can report before their deadlines
WORKER_THREADS_MAX: Final = 64  # plain functions at once; beyond that threads cost more than they bring
WORKER_PROCESSES_MAX: Final = 64  # handlers in processes of their own, where nobody says how many
WORKER_DRAIN_S: Final = 20.0  # an orchestrator kills 30 s after SIGTERM; reporting needs the rest
WORKER_POLL_S: Final = 30.0  # one long poll; proxies close what is silent for a minute
WORKER_RECOVERY_POLL_S: Final = (
    2.0  # a long poll while the stream is away: its slots are wanted when the stream is back
)
WORKER_IDLE_POLL_S: Final = 10.0  # beside a healthy stream: catches what was not pushed
WORKER_LINGER_S: Final = 0.002  # a worker waits so long for half of its slots before it asks for fewer jobs
FAILURE_MESSAGE_CHARS_MAX: Final = 4_000  # of a traceback shown in Operate
EXEC_OUTPUT_BYTES_MAX: Final = 4 * 1024 * 1024  # what `c8 work --exec` reads of a program: variables cannot be larger

# -- engine
COMMANDS_PER_RUN_MAX: Final = 1_000  # one durable commit; more would only add latency for the first of them
FOLLOW_UPS_PER_COMMAND_MAX: Final = 10_000  # element commands that one command may cause before it counts as a loop
JOBS_PER_ACTIVATION_MAX: Final = 10_000  # one answer; the size limit cuts earlier
JOB_BATCH_BYTES_MAX: Final = 4 * 1024 * 1024  # Zeebe's message size
ERROR_MESSAGE_CHARS_MAX: Final = 10_000  # longer messages of workers are cut
DEPLOYMENT_RESOURCES_MAX: Final = 100
TAGS_MAX: Final = 10
BUSINESS_ID_CHARS_MAX: Final = 256
DUE_PER_RUN_MAX: Final = 1_000  # what is due beyond that comes with the next run
LOG_RECORDS_PER_SNAPSHOT: Final = (
    50_000  # bounds restart time: at most so many records are replayed, or twice the state
)
SEARCH_PAGE_DEFAULT: Final = 100
SEARCH_PAGE_MAX: Final = 10_000
SEARCH_CONDITIONS_MAX: Final = 200
SEARCH_VALUES_MAX: Final = 1_000  # of all conditions together; SQLite allows 32,766 parameters
UNIT_BYTES_MAX: Final = 32 * 1024 * 1024  # all events of one command; beyond, it is rejected as a whole
DATABASE_BUSY_S: Final = 5.0  # somebody else looks into the file; we alone write it
QUERIES_AT_ONCE_MAX: Final = 4  # searches of an engine side by side; more wait for their turn
WAL_BYTES_MAX: Final = 16 * 1024 * 1024  # the write-ahead file is cut back to this after a burst

# -- engine.feel: an expression comes from a model, its variables from anywhere
FEEL_SOURCE_CHARS_MAX: Final = 64 * 1024  # no hand wrote more; generated mappings stay far below
FEEL_DEPTH_MAX: Final = 60  # brackets in brackets; about ten Python frames each, well inside the interpreter's 1000
FEEL_NUMBER_EXPONENT_MAX: Final = 6144  # of decimal128; beyond it a number has thousands of digits and no meaning
FEEL_TEXT_CHARS_MAX: Final = VARIABLES_BYTES_MAX  # a longer text could not be stored as a variable
FEEL_LIST_ITEMS_MAX: Final = 1_000_000  # made by an expression
FEEL_STEPS_MAX: Final = 2_000_000  # of one evaluation; a few seconds, as long as the real engine allows

# -- server.gateway
COMMANDS_WAITING_MAX: Final = 10_000  # in flight to one engine; beyond that callers are told RESOURCE_EXHAUSTED
COMMANDS_BATCH_MAX: Final = 256  # that share one durable commit: the first of them waits for the last
LONG_POLLS_MAX: Final = 10_000  # requests that wait for jobs of one cluster
JOB_STREAMS_MAX: Final = 10_000  # open streams of one cluster
STREAM_BUFFER_JOBS_MAX: Final = 32  # for a client that does not read; what exceeds it goes back to the engine
REST_BODY_WAIT_S_MAX: Final = 15.0  # for the whole body of a request
REST_PARTS_MAX: Final = 110  # of a multipart deployment: its resources and a tenant
REQUEST_WAIT_S_MAX: Final = 3_600.0  # the longest that a client may ask the gateway to hold a request

# -- engine.bpmn: a model file comes from anyone who may deploy
MODEL_BYTES_MAX: Final = 4 * 1024 * 1024  # what a deployment message can carry
MODEL_DEPTH_MAX: Final = 100  # elements in elements; sub-processes in sub-processes stay below 20
MODEL_ELEMENTS_MAX: Final = 100_000  # diagram shapes included; the largest real models have a tenth
MODEL_ATTRIBUTES_MAX: Final = 100  # of one element
MODEL_EXPRESSIONS_CHARS_MAX: Final = 500_000  # of all expressions of a file together: seconds to compile
MODEL_FINDINGS_MAX: Final = 20  # of one file; with their length they must fit the status message of gRPC, about 8 kB
MODEL_FINDING_CHARS_MAX: Final = 250  # of one finding; it may quote a text of the file

# -- auth: tokens of the SDK
TOKEN_INVALID_MARGIN_S: Final = 10.0  # a token must outlive the way to the server
TOKEN_INVALID_MARGIN_RATIO: Final = 0.1  # never more than this part of its life
TOKEN_STALE_MARGIN_S: Final = 60.0  # refreshed this early at least …
TOKEN_STALE_MARGIN_RATIO: Final = 0.05  # … or in the last twentieth of its life
TOKEN_STALE_MARGIN_RATIO_MAX: Final = 0.5  # but in its first half never
TOKEN_LIFETIME_UNKNOWN_S: Final = 300.0  # opaque, and the answer names no end: Keycloak's own default
TOKEN_LIFETIME_S_MAX: Final = 30 * 86_400.0
TOKEN_ANSWER_BYTES_MAX: Final = 256 * 1024
TOKEN_COOL_DOWN_S: Final = 5.0  # after a 429 that does not say how long
TOKEN_COOL_DOWN_S_MAX: Final = 3600.0
TOKEN_COOL_DOWN_S_MIN: Final = 1.0  # SaaS gives one token a second and address
TOKEN_SPREAD_S: Final = 30.0  # a random part of it is added to a cool-down: others were refused at the same time …
TOKEN_SPREAD_FACTOR: Final = 8.0  # … this many times that after each one in a row …
TOKEN_SPREAD_S_MAX: Final = 210.0  # … up to this, which 200 hosts behind one address fit into (`c8 auth simulate`)
TOKEN_SPACING_S: Final = 1.25  # between requests of a host to a token service: SaaS takes one a second of an address
TOKEN_SLOTS_AHEAD_S: Final = 600.0  # a turn that is later than this was dated by a clock that was wrong
TOKEN_TURN_LOCK_S: Final = 0.5  # for the file in which turns stand; who holds it longer is passed over
TOKEN_RENEW_JITTER_RATIO: Final = 0.5  # each process begins to renew at its own moment in this part of the stale time
TOKEN_COOL_DOWNS_FORGOTTEN_S: Final = 900.0  # after the end of one the next counts as the first
TOKEN_REFUSAL_S: Final = 60.0  # a refused pair is not tried again for so long, then twice that …
TOKEN_REFUSAL_S_MAX: Final = 600.0  # … up to this
TOKEN_FILE_BYTES_MAX: Final = 512 * 1024  # of the cache: a token of the largest answer, and a refusal
TOKEN_KEYS_MAX: Final = 1000
TOKEN_LOCK_POLL_S: Final = 0.05  # how often to look whether somebody else has fetched it
TOKEN_RENEW_PAUSE_S: Final = 10.0  # between attempts to fetch the next token ahead of time
TOKEN_UNAUTHENTICATED_PAUSE_S: Final = 30.0  # an API that refuses the new token as well does not get a third so soon
ERROR_TEXT_MAX: Final = 500  # of a server's words in our errors

# -- transport: calls of the SDK
VERSION_AGE_S_MAX: Final = 600.0  # then the cluster is asked again which version it has
WAIT_LOOKS_MAX: Final = 100_000  # of one wait for an answer; a day at one a second
CALL_ATTEMPTS_MAX: Final = 5  # the policy that the gateway ships with its protocol: 0.1 s, times 3, at most 5 s
GRPC_MESSAGE_BYTES_MAX: Final = 64 * 1024 * 1024  # taken in; what may be sent is the gateway's to say (4 MB)
GRPC_ANSWER_BYTES_MAX: Final = 256 * 1024 * 1024  # of all messages of one answer that is gathered
GRPC_PING_S: Final = 20.0  # an unanswered keep-alive ends the connection after so long
HTTP_IDLE_S: Final = 50.0  # balancers in front of SaaS drop connections that are idle for a minute
LONG_POLL_S: Final = 10.0  # what the gateway takes where the request names no time
LONG_POLL_GRACE_S: Final = 10.0  # a client waits longer than it asks the gateway to, as Camunda's own does
DOWNLOAD_TIMEOUT_S: Final = 600.0  # a whole document, where the caller names no other time
DOWNLOAD_CHUNK_BYTES: Final = 64 * 1024  # held at once, besides what the sockets hold
ERROR_BODY_BYTES_MAX: Final = 64 * 1024  # of a refusal's words, where the answer would have been a document
JOB_STREAM_S_MAX: Final = 8 * 3600.0  # then it is opened anew, as Camunda's own client does

# -- simulation
SIMULATION_HOSTS_MAX: Final = 10_000
SIMULATION_PROCESSES_MAX: Final = 100_000  # in all; a minute of work
SIMULATION_REQUESTS_MAX: Final = 3_000_000  # of one policy; whoever needs more will never be ready
SIMULATION_SECONDS_MAX: Final = 30 * 86_400.0  # of virtual time
SIMULATION_HORIZON_S: Final = 2 * 3600.0  # whoever has no token by then has failed
SIMULATION_SPREAD_S: Final = 1.25  # a host and second of the rate: with less, chance alone makes refusals pile up

# -- auth: ways in
KEYSTORE_BYTES_MAX: Final = 1024 * 1024  # the roots of a whole system are a quarter of that
DISCOVERY_BYTES_MAX: Final = 256 * 1024  # a provider's document has 10 kB
ASSERTION_LIFETIME_S: Final = 300  # of a signed proof; Entra ID takes none that lasts longer

# -- server: bodies of requests that are answered before they have come
UNREAD_BYTES_MAX: Final = 16 * 1024 * 1024  # thrown away before the connection ends, so that the answer is seen
UNREAD_S_MAX: Final = 2.0  # … within this

# -- token proxy: what it accepts from callers, and keeps in memory
TOKEN_PROXY_TOKENS_MAX: Final = 10_000  # held at once; the longest unused one goes
TOKEN_PROXY_CLIENTS_MAX: Final = 10_000  # whose accepted secrets are remembered, as digests
TOKEN_PROXY_REFUSALS_MAX: Final = 1_000  # remembered; at one request a second they end sooner than that
TOKEN_PROXY_REFUSAL_BYTES_MAX: Final = 16 * 1024  # of the token service's words, kept for the next one who asks
TOKEN_PROXY_STRANGERS_MAX: Final = 30  # unknown credentials that are being tried; more are asked to come back
TOKEN_PROXY_FIELD_CHARS_MAX: Final = 2048  # of a client id, a secret, an audience
TOKEN_PROXY_UPSTREAMS_MAX: Final = 50  # token services of one proxy
TOKEN_PROXY_WAIT_S: Final = 25.0  # of a caller; most clients give up after 30 s
TOKEN_PROXY_NAME_CHARS_MAX: Final = 32  # of a token service; it stands in paths and metrics
TOKEN_PROXY_CERTIFICATE_LOOK_S: Final = 30.0  # whether there is a new one
TOKEN_PROXY_CONNECTIONS_MAX: Final = 12_000  # open at once: 10,000 processes that start together, and their monitors
TOKEN_PROXY_TRIM_S: Final = 3600.0  # how often stored tokens beyond TOKEN_PROXY_TOKENS_MAX are removed
TOKEN_PROXY_LOCKS_MAX: Final = 4096  # files in the state folder that say who is fetching
