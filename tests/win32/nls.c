/* Text as Windows maps, compares, classes and converts it; the one locale; dates, numbers. */
#define _WIN32_WINNT 0x0a00
#include <stdio.h>
#include <string.h>
#include <windows.h>

static void show(const char *what, const WCHAR *w, int n)
{
	printf("%s", what);
	for (int i = 0; i < n; i++)
		printf(" %04x", w[i]);
	printf("\n");
}

static void pages(void)
{
	static const UINT page[] = {1252, 437, 850, 1251, 866, 28591, 932, 936, 65001};
	WCHAR w[20];
	char s[40];
	BOOL used;

	for (int i = 0; i < 9; i++) {
		CPINFO info;
		int n = MultiByteToWideChar(page[i], 0, "A\x80\x82\xa0\xe9", 5, w, 20);
		printf("%u: ", page[i]);
		if (page[i] != 65001)
			show("", w, n);
		GetCPInfo(page[i], &info);
		printf("most %u lead %d", info.MaxCharSize, IsDBCSLeadByteEx(page[i], 0x82));
		used = FALSE;
		n = WideCharToMultiByte(page[i], 0, L"e\xe9\x416\x3042\x4e2d", 5, s, 40, page[i] == 65001 ? NULL : "#", page[i] == 65001 ? NULL : &used);
		printf(" used %d:", used);
		for (int k = 0; k < n; k++)
			printf(" %02x", (unsigned char)s[k]);
		printf("\n");
	}
	printf("invalid %d", MultiByteToWideChar(65001, MB_ERR_INVALID_CHARS, "a\xff", 2, w, 20));
	printf(" %lu", GetLastError());
	printf(" lone %d", WideCharToMultiByte(65001, WC_ERR_INVALID_CHARS, L"\xd800", 1, s, 40, NULL, NULL));
	printf(" %lu", GetLastError());
	printf(" small %d", MultiByteToWideChar(1252, 0, "abc", 3, w, 2));
	printf(" %lu", GetLastError());
	printf(" size %d", MultiByteToWideChar(1252, 0, "abc", -1, NULL, 0));
	printf(" no page %d", MultiByteToWideChar(12345, 0, "abc", 3, w, 2));
	printf(" %lu\n", GetLastError());
}

static void types(void)
{
	static const WCHAR text[] = L"aZ5 \t\n_-\xe9\xdf\x3b1\x416\x5d0\x3042\x4e2d\xa0";
	WORD t[20];
	int n = lstrlenW(text);

	GetStringTypeW(CT_CTYPE1, text, n, t);
	for (int i = 0; i < n; i++)
		printf("%x ", t[i] & 0x1ff);
	printf("\n");
}

static void mapping(void)
{
	WCHAR w[20];
	int n = LCMapStringEx(L"en-US", LCMAP_UPPERCASE, L"abc\xe9\xdf\x3b1\xff", -1, w, 20, NULL, NULL, 0);

	show("upper", w, n);
	n = LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_LOWERCASE, L"ABC\xc9\x0416", 5, w, 20);
	show("lower", w, n);
	n = LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_FULLWIDTH, L"a1", 2, w, 20);
	show("full", w, n);
	printf("room %d", LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_LOWERCASE, L"ABC", 3, w, 2));
	printf(" %lu\n", GetLastError());
}

static void order(void)
{
	static const WCHAR *const pair[][2] = {
		{L"a", L"b"}, {L"a", L"B"}, {L"a", L"A"}, {L"co-op", L"coop"}, {L"co-op", L"cooq"}, {L"e", L"\xe9"}, {L"\xe9", L"f"}, {L"file10", L"file9"},
		{L"_x", L"ax"}, {L"1", L"a"}, {L"abc", L"abcd"}, {L"", L"a"}, {L"same", L"same"}, {L"r\xe9sum\xe9", L"resume"}, {L"resume", L"r\xe9sum\xe9s"}
	};

	for (int i = 0; i < 15; i++)
		printf("%d%d%d%d ", CompareStringW(LOCALE_USER_DEFAULT, 0, pair[i][0], -1, pair[i][1], -1),
			CompareStringEx(L"en-US", NORM_IGNORECASE, pair[i][0], -1, pair[i][1], -1, NULL, NULL, 0),
			CompareStringW(LOCALE_USER_DEFAULT, NORM_IGNORENONSPACE, pair[i][0], -1, pair[i][1], -1),
			CompareStringOrdinal(pair[i][0], -1, pair[i][1], -1, TRUE));
	printf("\nlstrcmp %d %d %d %d\n", lstrcmpA("a", "B"), lstrcmpiA("Hello", "hELLO"), lstrcmpW(L"b", L"a"), lstrcmpiW(L"\xc9", L"\xe9"));
}

static void locale(void)
{
	static const LCTYPE type[] = {LOCALE_SISO639LANGNAME, LOCALE_SISO3166CTRYNAME, LOCALE_SDECIMAL, LOCALE_STHOUSAND, LOCALE_SSHORTDATE, LOCALE_SDAYNAME1,
		LOCALE_SABBREVMONTHNAME12, LOCALE_SCURRENCY, LOCALE_SNAME, LOCALE_STIMEFORMAT, LOCALE_SLIST, LOCALE_S1159};
	WCHAR w[100];
	char s[100];
	DWORD number = 0;

	for (int i = 0; i < 12; i++) {
		GetLocaleInfoA(0x409, type[i], s, 100);
		printf("%s|", s);
	}
	int n = GetLocaleInfoEx(L"en-US", LOCALE_IDIGITS | LOCALE_RETURN_NUMBER, (WCHAR *)&number, 2);
	printf(" %d %lu", n, number);
	printf(" need %d", GetLocaleInfoW(0x409, LOCALE_SNAME, NULL, 0));
	printf(" valid %d %d", IsValidLocale(0x409, LCID_INSTALLED), IsValidLocaleName(L"en-US"));
	printf(" id %lx\n", LocaleNameToLCID(L"en-US", 0));
	SYSTEMTIME t = {2024, 2, 4, 29, 13, 5, 9, 0};
	GetDateFormatW(0x409, 0, &t, L"dddd, d MMMM yyyy 'at' dd.MM.yy", w, 100);
	printf("%ls|", w);
	GetDateFormatW(0x409, DATE_SHORTDATE, &t, NULL, w, 100);
	printf("%ls|", w);
	GetTimeFormatW(0x409, 0, &t, L"hh:mm:ss tt H", w, 100);
	printf("%ls|", w);
	GetTimeFormatA(0x409, TIME_NOSECONDS, &t, NULL, s, 100);
	printf("%s|", s);
	GetNumberFormatA(0x409, 0, "1234567.891", NULL, s, 100);
	printf("%s|", s);
	GetNumberFormatA(0x409, 0, "-12", NULL, s, 100);
	printf("%s\n", s);
}

static void zone(void)
{
	/* Central European Time, as a program may have it. */
	TIME_ZONE_INFORMATION z = {-60, L"CET", {0, 10, 0, 5, 3, 0, 0, 0}, 0, L"CEST", {0, 3, 0, 5, 2, 0, 0, 0}, -60};
	SYSTEMTIME winter = {2024, 1, 0, 15, 12, 0, 0, 7}, summer = {2024, 7, 0, 15, 12, 0, 0, 0}, edge = {2024, 3, 0, 31, 1, 0, 0, 0}, before = {2024, 3, 0, 31, 0, 59, 59, 0}, out;
	SYSTEMTIME *all[] = {&winter, &summer, &edge, &before};

	for (int i = 0; i < 4; i++) {
		SystemTimeToTzSpecificLocalTime(&z, all[i], &out);
		printf("%d:%02d.%d ", out.wHour, out.wMinute, out.wMilliseconds);
		TzSpecificLocalTimeToSystemTime(&z, &out, &out);
		printf("%d:%02d, ", out.wHour, out.wMinute);
	}
	printf("\n");
}

static void numbers(void)
{
	char s[100];

	printf("muldiv %d %d %d %d %d\n", MulDiv(7, 3, 2), MulDiv(-7, 3, 2), MulDiv(1, 1, 0), MulDiv(0x7fffffff, 2, 1), MulDiv(5, 5, -2));
	SetEnvironmentVariableA("PVM_NLS", "value");
	DWORD n = ExpandEnvironmentStringsA("<%PVM_NLS%|%nothere%|50%>", s, sizeof s);
	printf("expand %lu %s\n", n, s);
	OSVERSIONINFOEXA v = {sizeof v, 6, 1};
	DWORDLONG mask = VerSetConditionMask(VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL), VER_MINORVERSION, VER_GREATER_EQUAL);
	printf("at least 6.1 %d", VerifyVersionInfoA(&v, VER_MAJORVERSION | VER_MINORVERSION, mask));
	v.dwMajorVersion = 11;
	printf(", 11 %d", VerifyVersionInfoA(&v, VER_MAJORVERSION | VER_MINORVERSION, mask));
	printf(" %lu\n", GetLastError());
	lstrcpynA(s, "abcdef", 4);
	lstrcatA(s, "!");
	printf("%s bad %d %d\n", s, IsBadReadPtr((void *)16, 4), IsBadReadPtr(s, 4));
}

int main(void)
{
	pages();
	types();
	mapping();
	order();
	locale();
	zone();
	numbers();
	return 0;
}
