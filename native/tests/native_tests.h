// Checks of what Java cannot reach: each returns the number of failures, and prints them.
#pragma once

int exp2_test();
int rounds_test();
int tridiagonal_test();
