/* C++ exceptions: through frames with destructors, many of them, and those of the library. */
#include <iostream>
#include <stdexcept>
#include <vector>
#include <map>
#include <string>
struct D { int n; D(int k):n(k){} ~D(){ std::cout << "~" << n << "\n"; } };
int deep(int n){ D d(n); if(n==0) throw std::runtime_error("bottom"); return deep(n-1)+1; }
int main(){
  try { deep(3);} catch(const std::exception&e){ std::cout<<"caught "<<e.what()<<"\n"; }
  int c=0; for(int i=0;i<1000;i++) try { throw i; } catch(int v){ c+=v; }
  std::cout<<c<<"\n";
  try { std::vector<int> v; v.at(5); } catch(std::out_of_range&e){ std::cout<<"range\n"; }
  std::map<std::string,int> m; m["a"]=1; std::cout<<m["a"]<<" "<<m.size()<<std::endl;
}
