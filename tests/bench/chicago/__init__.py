"""Four million records of one city: from the file to a release, beside a bare program that makes the same counts."""
