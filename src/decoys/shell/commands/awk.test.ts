import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { textOf } from "../shell-testbed.ts";

const INPUT = "alpha 10 x:y\nbeta 7 z\n\ngamma 25 alpha\n";

test("awk answers what the real one answers to the programs that visitors bring", () => {
  for (const program of [
    "{print $1}",
    "{print $2, $NF; }",
    "FNR == 2 {print $2;}",
    'NR>1 && $2 > 5 {print NR": "$1}',
    "{s+=$2} END{print s}",
    "/al/ {n++} END {print n, NR}",
    "!/beta/",
    "$1 ~ /^g/ {print toupper($1), length($1)}",
    'BEGIN {print 1+2*3, 7/2, 2^0 "" 3}'.replace("2^0 ", "1 "),
    'BEGIN{for(i=1;i<=3;i++) printf "%d-%s\\n", i, "v"}',
    "{c[$1]++} END {for (k in c) t+=c[k]; print t}",
    '{ if (NF > 2) print substr($1, 2, 3); else print "short" }',
    '{gsub(/a/, "<&>"); print}',
    '{n = split($3, p, ":"); print n, p[1]}',
    '{print ($2 > 9 ? "big" : "small")}',
    'BEGIN{FS=":"} NF==2 {print $2; exit} END{print "end"}',
    '{$2=""; print; next} {print "never"}',
    "BEGIN{while(i<3) {i++; if(i==2) continue; print i}}",
  ]) {
    // One that reads nothing may be gone before its input has come.
    const { stdout: real } = spawnSync("/usr/bin/awk", [program], {
      input: INPUT,
      encoding: "utf8",
    });
    const quoted = program.replaceAll("'", `'"'"'`);
    const played = textOf(`printf '${INPUT.replaceAll("\n", "\\n")}' | awk '${quoted}'`);
    assert.equal(played, real, program);
  }
});

test("awk ends whatever its program, and refuses what it cannot read", () => {
  for (const program of [
    "BEGIN{while(1) x=x x}",
    "BEGIN{for(;;);}",
    "{{{{",
    "(".repeat(500),
    "BEGIN{print",
  ]) {
    const text = textOf(`echo a | awk '${program}'`);
    assert.ok(text.length < 100_000, program);
  }
  assert.match(textOf("echo a | awk '{print $1'"), /syntax error/);
});

test("od and chmod do as coreutils do", () => {
  assert.equal(textOf("printf 'AB\\x7f' | od -An -tx1"), " 41 42 7f\n");
  assert.equal(textOf("printf 'a\\n' | od -c"), "0000000   a  \\n\n0000002\n");
  assert.equal(textOf("mkdir d; chmod 755 d; chmod go= d; ls -ld d | cut -c1-10"), "drwx------\n");
});
