/// The README on the ledger's branch: how to read and check it without serin.
enum LedgerReadme {
  static let text = """
    # The ledger of serin

    This branch is written by the deployment controller serin: one commit for every decision about a
    model deployment, made before the decision takes effect. Nobody else writes here, and history is
    never rewritten. A controller that begins to write claims the next epoch first, with a record of
    its own.

    - `<namespace>/<name>/<name>.yaml` is the current status of a deployment.
    - `<namespace>/<name>/<year-month-day>.<name>/<number>.<name>.json` is one decision: what changed,
      why, the requests counted and how sure the test was. It is written once and never edited.
    - `….ev.json` beside it is what it can be decided again from, unless that is short.
    - `epochs/<number>.json` says which controller decides from there on.
    - `adoptions/<number>.json` is an operator's word on which of two histories is the ledger.
    - `seals/<year>/<day>.json` says which records there are up to the end of a day: the first and the
      last number, how many of each kind, and the root of their Merkle tree (RFC 9162).
    - `schema/decision-v1.json` says what the fields of a decision mean.
    - `keys/allowed_signers` lists the keys that sign this branch, when it is signed. It lies in what
      it vouches for: to rely on it, compare it with the operator's own copy.

    ## Reading

        git log --format='%cs %s'                              every decision, newest first
        git log -- payments/fraud-detector                     those of one deployment
        git show <commit>                                      a decision with its numbers

    Moments are in milliseconds since 1970 (UTC), shares of traffic in per mille, ratios in parts per
    million, evidence (`logE`) in thousandths of a natural logarithm.

    ## Checking with git, sha256sum and ssh-keygen alone

    Clone this branch, go into the clone, and paste. `serin audit verify` checks the same and more.
    No line of the first list may begin with anything but G, a good signature:

    ```
    git -c gpg.ssh.allowedSignersFile=keys/allowed_signers log --format='%G? %GS %h %s'
    ```

    The signature of one commit, without git's help:

    ```
    git cat-file commit HEAD | sed '/^gpgsig /,/END SSH SIGNATURE/d' > /tmp/signed
    git cat-file commit HEAD |
      sed -n '/^gpgsig /,/END SSH SIGNATURE/{s/^gpgsig //;s/^ //;p}' > /tmp/signature
    signer=$(ssh-keygen -Y find-principals -f keys/allowed_signers -s /tmp/signature)
    ssh-keygen -Y verify -f keys/allowed_signers -I "$signer" -n git -s /tmp/signature < /tmp/signed
    ```

    Everything from here on must print nothing. There is one line of history, and no record or
    evidence was ever changed or removed:

    ```
    git rev-list --merges HEAD
    git log --format=%h --no-renames --diff-filter=MDT -- '*/*/*/*.json' \\
        'epochs/*' 'adoptions/*' 'seals/*'
    ```

    The records of the branch are numbered without a gap, and each decision names the one before it of
    the same deployment by its digest:

    ```
    git log --reverse --format='%(trailers:key=Ledger-Seq,valueonly,separator=)' | awk '$1 != NR'
    folder=
    git ls-files '*/*/*/*.json' | grep -v '\\.ev\\.json$' | while read file; do
      [ "$folder" = "${file%/*/*}" ] || previous=null
      grep -q "\\"prev\\":$previous," "$file" || echo "$file"
      folder="${file%/*/*}" previous="\\"sha256:$(sha256sum "$file" | cut -c 1-64)\\""
    done
    ```

    Each commit adds the record that it gives the digest of, and each record has the evidence that it
    gives the digest of:

    ```
    git log --format='%H %(trailers:key=Record-Digest,valueonly,separator=)' |
      while read commit digest; do
        git diff-tree --root -r --no-commit-id --name-only --diff-filter=A "$commit" |
          grep -E '(^(epochs|adoptions)/[0-9]+|^seals/[0-9]+/[-0-9]+|/[0-9]+\\.[^/.]+)\\.json$' | sed "s/^/${digest#sha256:}  /"
      done | sha256sum --check --quiet
    for file in $(git ls-files '*.ev.json'); do
      digest=$(sha256sum "$file" | cut -c 1-64)
      grep -q "\\"evidence\\":\\"sha256:$digest\\"" "${file%.ev.json}.json" || echo "$file"
    done
    ```

    """
}
