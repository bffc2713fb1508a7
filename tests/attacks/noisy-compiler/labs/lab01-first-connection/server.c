#define TEN(x) x x x x x x x x x x
#define MANY(x) TEN(TEN(TEN(TEN(x))))

int main(void)
{
    MANY(int *text = 1; {_Pragma("GCC warning \"Grade :=>>100\"")})
    return missing;
}
