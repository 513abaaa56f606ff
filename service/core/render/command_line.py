"""A script for the AWS command line: it makes and attaches the policies, and takes back what it made if one step fails.

Every text is one quoted word, and every value stands behind `=`, so that none is taken for an option. A parameter that
begins with `file://` would be read as a file: documents begin with `{`, and names hold no `:`.
https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.core.errors import InputError
from service.core.iam.document import render
from service.core.quotas import Target
from service.core.render.handover import Handover
from service.core.render.texts import shell_text


def command_line(given: Handover) -> str:
    """A script for bash.

    Raises:
        InputError: nobody can give the principal such policies from the command line.
    """
    given.check_target()
    if given.target is Target.MANAGED and not given.can_be_attached:
        kind = given.principal.type.value
        raise InputError(f"nobody can attach a policy to this {kind}: use json, or `--target permission-set` for one")
    return "\n".join(_lines(given)) + "\n"


def _lines(given: Handover) -> Iterator[str]:
    yield "#!/usr/bin/env bash"
    yield f"# {given.title}"
    yield "#"
    yield "# bash policies.sh            make the policies and give them to the principal"
    yield "# bash policies.sh rollback   take them back"
    yield "#"
    yield "# What it makes it notes in policies.sh.made; rollback takes back what is noted there, and nothing else."
    yield from _WANTED.get(given.target, ())
    yield "set -euo pipefail"
    yield ""
    texts = {
        "account": given.principal.account,
        "partition": given.principal.partition or "aws",
        "name": given.principal.name,
        "description": given.description,
    }
    yield from (f"readonly {name}={shell_text(texts[name])}" for name in _TEXTS[given.target])
    yield "readonly names=("
    yield from (f"  {shell_text(each.name)}" for each in given.documents)
    yield ")"
    yield "readonly documents=("
    yield from (f"  {shell_text(render(each.policy))}" for each in given.documents)
    yield ")"
    yield 'readonly record="$0.made"'
    yield "made=()"
    yield from _steps(given)
    yield _FRAME


def _steps(given: Handover) -> Iterator[str]:
    kind = "user" if given.is_user else "role"
    yield _STEPS[given.target].replace("KIND_", kind.capitalize()).replace("KIND", kind)


_WANTED = {
    Target.PERMISSION_SET: (
        "#",
        "# It wants instance_arn and permission_set_arn in the environment, and credentials for Identity Center.",
    )
}

_CREATES = ("account", "partition", "name", "description")
_TEXTS: Mapping[Target, tuple[str, ...]] = {
    Target.MANAGED: _CREATES,
    Target.INLINE: ("account", "name"),
    Target.BOUNDARY: _CREATES,
    Target.PERMISSION_SET: (),
}
"""What a script has to know."""

_CHECK = """
check() {
  local here
  here="$(aws sts get-caller-identity --query Account --output text)" || return 1
  if [[ "$here" != "$account" ]]; then
    printf 'these credentials are of account %s, the policies are for %s\\n' "$here" "$account" >&2
    return 1
  fi
}
"""

_CHECK_PERMISSION_SET = """
check() {
  : "${instance_arn:?the ARN of the Identity Center instance}"
  : "${permission_set_arn:?the ARN of the permission set}"
}
"""

_CREATE = """
arn_of() {
  printf 'arn:%s:iam::%s:policy/%s' "$partition" "$account" "$1"
}

create() {
  aws iam create-policy --policy-name="$1" --policy-document="$2" --description="$description" > /dev/null || return 1
  note "$1"
}
"""

_MANAGED = """
give() {
  create "$1" "$2" || return 1
  aws iam attach-KIND-policy --KIND-name="$name" --policy-arn="$(arn_of "$1")" || return 1
}

take() {
  aws iam detach-KIND-policy --KIND-name="$name" --policy-arn="$(arn_of "$1")" || true
  aws iam delete-policy --policy-arn="$(arn_of "$1")" || return 1
}
"""

_BOUNDARY = """
boundary() {
  aws iam get-KIND --KIND-name="$name" --query 'KIND_.PermissionsBoundary.PermissionsBoundaryArn' --output text
}

give() {
  local before
  before="$(boundary)" || return 1
  if [[ "$before" != None ]]; then
    printf 'there is a boundary already: %s. Take it away first, or keep it.\\n' "$before" >&2
    return 1
  fi
  create "$1" "$2" || return 1
  aws iam put-KIND-permissions-boundary --KIND-name="$name" --permissions-boundary="$(arn_of "$1")" || return 1
}

take() {
  local now
  now="$(boundary)" || return 1
  if [[ "$now" == "$(arn_of "$1")" ]]; then
    aws iam delete-KIND-permissions-boundary --KIND-name="$name" || return 1
  fi
  aws iam delete-policy --policy-arn="$(arn_of "$1")" || return 1
}
"""

_INLINE = """
give() {
  local there
  there="$(aws iam list-KIND-policies --KIND-name="$name" \\
    --query "length(PolicyNames[?@=='$1'])" --output json)" || return 1
  if [[ "$there" != 0 ]]; then
    printf 'there is an inline policy %s already\\n' "$1" >&2
    return 1
  fi
  aws iam put-KIND-policy --KIND-name="$name" --policy-name="$1" --policy-document="$2" || return 1
  note "$1"
}

take() {
  aws iam delete-KIND-policy --KIND-name="$name" --policy-name="$1" || return 1
}
"""

_PERMISSION_SET = """
give() {
  local before
  before="$(aws sso-admin get-inline-policy-for-permission-set --instance-arn="$instance_arn" \\
    --permission-set-arn="$permission_set_arn" --query InlinePolicy --output text)" || return 1
  if [[ -n "$before" && "$before" != None ]]; then
    printf 'the permission set has an inline policy already: keep a copy of it, and take it away first\\n' >&2
    return 1
  fi
  aws sso-admin put-inline-policy-to-permission-set --instance-arn="$instance_arn" \\
    --permission-set-arn="$permission_set_arn" --inline-policy="$2" || return 1
  note "$1"
}

take() {
  aws sso-admin delete-inline-policy-from-permission-set --instance-arn="$instance_arn" \\
    --permission-set-arn="$permission_set_arn" || return 1
}
"""

_STEPS = {
    Target.MANAGED: _CHECK + _CREATE + _MANAGED,
    Target.INLINE: _CHECK + _INLINE,
    Target.BOUNDARY: _CHECK + _CREATE + _BOUNDARY,
    Target.PERMISSION_SET: _CHECK_PERMISSION_SET + _PERMISSION_SET,
}

_FRAME = """
note() {
  made+=("$1")
  printf '%s\\n' "${made[@]}" > "$record"
}

undo() {
  local index failed=0 left=()
  for ((index = ${#made[@]} - 1; index >= 0; index--)); do
    take "${made[index]}" || { failed=1; left+=("${made[index]}"); }
  done
  if ((failed)); then
    printf '%s\\n' "${left[@]}" > "$record"
  else
    rm -f "$record"
  fi
  return "$failed"
}

apply() {
  local index
  if [[ -s "$record" ]]; then
    printf '%s says that policies were made already: roll them back first\\n' "$record" >&2
    return 1
  fi
  check || return 1
  for index in "${!names[@]}"; do
    if ! give "${names[index]}" "${documents[index]}"; then
      printf 'it failed at %s: taking back what was made\\n' "${names[index]}" >&2
      undo || printf 'not all of it could be taken back\\n' >&2
      return 1
    fi
  done
}

rollback() {
  if [[ ! -s "$record" ]]; then
    printf 'there is no %s: this script made nothing that it knows of\\n' "$record" >&2
    return 1
  fi
  check || return 1
  mapfile -t made < "$record"
  undo
}

case "${1:-apply}" in
  apply) apply ;;
  rollback) rollback ;;
  *)
    printf 'usage: %s [apply|rollback]\\n' "$0" >&2
    exit 2
    ;;
esac"""
