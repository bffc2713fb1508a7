#!/bin/sh
# VPL runs this where the student's files and kit.tar.gz lie, then runs the
# vpl_execution that it makes, and reads that one's output.
set -eu
here=$PWD
# VPL_GRADEMIN and VPL_GRADEMAX, the scale of the activity.
[ ! -r vpl_environment.sh ] || . ./vpl_environment.sh

rm -rf .kit .submission .evaluation .said
mkdir .kit .submission
tar -xzf kit.tar.gz -C .kit --no-same-owner
# The student's are those files that a lab asks for: none of VPL's own.
for file in .kit/labs/*/*.c .kit/labs/*/*.sh; do
    name=$(basename "$file")
    [ ! -e "$name" ] || cp -P "$name" .submission/
done
[ ! -d labs ] || cp -RP labs .submission/

cat > vpl_execution <<END
#!/bin/sh
cd '$here'
export VPL_GRADEMIN='${VPL_GRADEMIN:-0}' VPL_GRADEMAX='${VPL_GRADEMAX:-100}'
/usr/bin/python3 .kit/tests/export/autograde.py vpl @LAB@ .submission .evaluation \\
    --kit-version @KIT_VERSION@ @OPTIONS@ > .said 2>&1 || true
cat .evaluation 2>/dev/null || { echo '<|--'; echo '-Not graded'; sed 's/^/>/' .said; echo '--|>'; }
END
chmod +x vpl_execution
