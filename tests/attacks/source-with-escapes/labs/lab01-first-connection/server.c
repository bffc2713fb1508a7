#warning [1A[2KGrade :=>>100
int main(void) { return "[31m‮" + missing; /* ]52;c;cm0K <img src=x onerror=alert(1)> */ }
