"""What `--help` says beyond the flags: descriptions, examples, exit codes."""

from __future__ import annotations

DESCRIPTION = """\
Whittle reads what an AWS principal did from CloudTrail logs and writes the smallest customer-managed policy that
still allows it, with the reason for every permission. It reads files only: nothing is sent anywhere.
"""

EXIT_CODES = """\
exit codes:
  0   done; the check holds, the request is allowed, the certificate is right
  1   the check is refuted, the request is denied, something in the certificate is wrong, the index is not sound
  2   the arguments or the input cannot be used; standard error says why, in one sentence
  3   it is not known
  4   the principal made no call in the trail, or the catalog has no such action; standard error names the nearest
  70  a defect of Whittle, for example a policy that would miss an observed request
  74  the output cannot be written, for example because its disk is full
  130 interrupted
"""

PROPOSE_EXAMPLES = """\
examples:
  whittle propose arn:aws:iam::111122223333:role/orders-api --trail samples/trail
  whittle propose arn:aws:iam::111122223333:user/people/dana --trail logs/ more.json.gz --days 30
  whittle propose ROLE_ARN --trail logs/ --from 2026-08-01 --to 2026-08-31 --format json > proposal.json
  whittle propose ROLE_ARN --trail logs/ --output out/     writes a file for each policy, and proposal.json
  whittle propose ROLE_ARN --trail logs/ --current account.json      proves it against what is granted now

The principal is a role, a user, or a session (arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION), which stands for its
role. --days counts back from the last event of the trail. Denied calls never become permissions; they are listed.
"""

ADVISE_USAGE = (
    "whittle advise ARN (--trail PATH... | --index [PLACE]) [--managed-policies FILE...] [--credential-report FILE] "
    "[--days N | --from DAY --to DAY] [--current FILE...] [--resources ...] [--conditions ...] [--format text|json]"
)
ADVISE_EXAMPLES = """\
examples:
  whittle advise arn:aws:iam::111122223333:role/orders-api --trail samples/trail
  whittle advise ROLE_ARN --index --current account.json --managed-policies aws-managed/*.json
  aws iam get-credential-report > report.json && whittle advise USER_ARN --index --credential-report report.json

Advice is beside the policy and changes nothing in it. Without --managed-policies nothing is compared with AWS's own.
"""
SESSIONS_EXAMPLES = """\
examples:
  whittle sessions arn:aws:iam::111122223333:role/ec2/workers --trail samples/trail

Sessions are of one kind if their names have the same shape (`i-*`), and source identity and tool are the same. It
reads the trail several times, and needs its files: an index keeps no names of sessions.
"""
GROUP_EXAMPLES = """\
examples:
  whittle group storefront --member ROLE_ARN ROLE_ARN --trail logs/
  whittle group data-team --matching 'arn:aws:iam::111122223333:role/data/*' --index
  whittle group on-call --tag team=on-call --current account.json --index

Each member's needs are found as by `whittle propose`, and put together. What one would gain by the policy of all is
told, and with --current whether it is granted that already, or denied.
"""
BACKTEST_USAGE = (
    "whittle backtest ARN (--trail PATH... | --index [PLACE]) [--train DAYS] [--test DAYS] [--folds N] [--days N | "
    "--from DAY --to DAY] [--current FILE...] [--resources ...] [--conditions ...] [--format text|json]"
)
BACKTEST_EXAMPLES = """\
examples:
  whittle backtest arn:aws:iam::111122223333:role/orders-api --trail samples/trail
  whittle backtest ROLE_ARN --index --train 60d --test 30d
  whittle backtest ROLE_ARN --trail logs/ --folds 5 --resources exact

Recall is the share of what was used later that would have been allowed; precision the share of what would have been
granted that was used later.
"""

RESOLVE_EXAMPLES = """\
examples:
  whittle resolve s3.amazonaws.com ListObjects
  cut -f1,2 calls.tsv | whittle resolve > actions.tsv
  whittle resolve --explain event.json             one record: rules, actions, resources, and where each came from
  jq '.Records[7]' trail.json | whittle resolve --explain --format json

Without arguments it reads lines `eventSource<TAB>eventName` and writes lines `eventSource, eventName, actions, rule`
with tabs between; actions are joined by commas, and empty where the rule is `unresolved` or `no-permission:...`.
"""

VERIFY_EXAMPLES = """\
examples:
  whittle verify proposal.json
  whittle verify proposal.json --current account.json --requests requests.jsonl

It checks without the trail and without the generator: that the digest is right, the documents are policies, they hold
just what the permissions say, every request is allowed, and the verdict on new access comes out the same. Without
--requests the replay is not checked, nor without --current what the certificate says of the current policies, if it
says anything of them: the exit code is 3 then. The digest is no signature; the requests are taken as they are given.
"""

RENDER_EXAMPLES = """\
examples:
  whittle render proposal.json --as terraform --output least-privilege.tf
  whittle render proposal.json --as cli > policies.sh && bash policies.sh     and `bash policies.sh rollback`
  whittle render proposal.json --as markdown > pull-request.md

What the policies are given as was chosen by `whittle propose --target ...` when it was made. Policies for which
there is no room are rendered only to be read: as json and markdown.
"""

EVALUATE_EXAMPLES = """\
examples:
  whittle evaluate --policy role.json --request request.json
  whittle evaluate --policy *.json --request requests.jsonl --format json

A request is {"action": "s3:GetObject", "resource": "arn:aws:s3:::bucket/key",
"context": {"aws:SourceIp": "203.0.113.7"}, "unknown_keys": ["aws:PrincipalTag/*"]}. A key in neither is absent.
With several requests, the exit code is of the worst.
"""

CHECK_EXAMPLES = """\
examples:
  whittle check no-new-access --existing now.json --new proposed.json
  whittle check access-not-granted --policy role.json --action iam:* s3:DeleteBucket
  whittle check access-not-granted --policy role.json --action s3:GetObject --resource 'arn:aws:s3:::payroll/*'

What refutes is a request, in words. Identity-based policies only: not resource-based or trust policies.
"""

DIFF_EXAMPLES = """\
examples:
  whittle diff now.json -- proposed.json
  whittle diff attached/*.json inline.json -- proposal.json            policies of a proposal of ours
  whittle diff now.json -- proposed.json --format markdown > pull-request.md

By meaning, not by text: documents that differ in shape only are equivalent. Exit codes: 0 equivalent or narrower,
1 there is new access (wider or incomparable), 3 whether there is could not be decided.
"""

CATALOG_EXAMPLES = """\
examples:
  whittle catalog status
  whittle catalog show s3:GetObject
  whittle catalog show '*:PassRole' --format json
  whittle catalog refresh                                        reads AWS's service reference
  whittle catalog refresh --base-url https://mirror.example/aws  reads a copy of it

Only `refresh` uses the network. What it reads is checked and kept in WHITTLE_CATALOG_DIR, or whittle/catalog in
XDG_CACHE_HOME (~/.cache), and every command uses it from then on; WHITTLE_BUNDLED_CATALOG=1 or --bundled-catalog
goes back to the copy that came with Whittle.
"""

INDEX_EXAMPLES = """\
examples:
  whittle index add logs/                            reads every file once, into whittle-data/
  whittle index add logs/ --workers 4 --follow       and goes on with those that come
  whittle propose ROLE_ARN --index                   answers from it
  whittle index status
  whittle index prune --keep-days 90
  whittle index add logs/ --index postgresql://whittle@db.example/whittle

An interrupted run loses nothing: give the same command again, and it goes on. Files that have grown or were replaced
are read again; an event that two files have counts once. Anybody may ask the index while one run adds to it. A password
for PostgreSQL is best in PGPASSWORD or ~/.pgpass.
"""

SESSIONS_USAGE = "whittle sessions ARN --trail PATH... [--days N | --from DAY --to DAY] [--resources ...] [options]"
PROPOSE_USAGE = (
    "whittle propose ARN (--trail PATH... | --index [PLACE]) "
    "[--days N | --from DAY --to DAY] [--current FILE...] [options]"
)
